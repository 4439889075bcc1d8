import demo_sdk
from demo_sdk import HostedClient as Client

client = Client(region="north")
token = demo_sdk.Token()
second = Client(token=token)
