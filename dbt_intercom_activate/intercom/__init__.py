"""Intercom's REST API.

::

    api              what a request and an answer mean, and whether it is one of Intercom's; touches no socket
    contacts         requests about contacts, and how to read their answers
    companies        the same for companies
    tags             the same for tags, on contacts, companies and conversations
    memberships      the same for a contact's companies
    events           the same for events
    data_attributes  the same for the attributes that a workspace knows
    counts           how many users, leads and companies there are
    account          which workspace a token belongs to
    pacing           when the next call may go, by the server's own headers
    hosts            which hosts are this machine
    connections      bytes out and in, within limits of time and size
    client           sends, repeats, and believes only what is Intercom's answer
"""
