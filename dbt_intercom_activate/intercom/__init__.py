"""Intercom's REST API.

::

    api              what a request and an answer mean; touches no socket
    contacts         requests about contacts, and how to read their answers
    companies        the same for companies
    data_attributes  the same for the attributes that a workspace knows
    account          which workspace a token belongs to
    pacing           when the next call may go, by the server's own headers
    client           the HTTP session: the only module here that does I/O
"""
