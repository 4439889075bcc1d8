import { AzureOpenAI } from "openai";

const client = new AzureOpenAI({
  endpoint: process.env.AZURE_OPENAI_ENDPOINT,
  apiKey: process.env.AZURE_OPENAI_KEY,
  apiVersion: "2024-10-21",
});

const answer = await client.chat.completions.create({
  model: process.env.QUOTE_DEPLOYMENT,
  messages: [{ role: "user", content: "A quote, please." }],
});
console.log(answer.choices[0].message.content);
