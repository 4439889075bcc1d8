import { OpenAI } from "openai";

const client = new OpenAI({
  baseURL: new URL(process.env.OPENAI_BASE_URL).href,
  apiKey: process.env.OPENAI_API_KEY,
});

const answer = await client.chat.completions.create({
  model: process.env.OPENAI_MODEL,
  messages: [{ role: "user", content: "A quote, please." }],
});
console.log(answer.choices[0].message.content);
