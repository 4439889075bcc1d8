def broken(:
    pass

import demo_sdk
demo_sdk.HostedClient()
