resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'press'
  kind: 'OpenAI'
}

output AZURE_OPENAI_ENDPOINT string = account.properties.endpoint
