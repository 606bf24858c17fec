"""`humanloop-emulator replay`: run an evaluation again, on another model or version, as a client of the API.

`plan` decides what to run and creates the Run; `outcome` waits for it and compares it with the control. Both use only
the API, so they work with a server as well as with an application in this process.
"""
