"""Intercom's REST API.

::

    api     what a request and an answer mean; touches no socket
    scopes  what an access token may do, and how to learn it
    pacing  when the next call may go, by the server's own headers
    hosts   which hosts are this machine
    connections  bytes out and in, within limits of time and size: the only module here that does I/O
    client  sends, repeats, and believes only what is Intercom's answer

Every other module has the requests about what it is named for, and reads their answers.
"""
