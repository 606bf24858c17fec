"""`humanloop-emulator replay`: an evaluation again, on another model or version, as a client of the API.

`plan` finds out what is to be run and creates the Run, `outcome` waits for it and compares it with the control. Both
know the API alone, so they work on a server as on an application in this process.
"""
