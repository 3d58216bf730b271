"""Every operation that the sandbox answers, spelled as in Intercom's description of 2.16; bulk jobs are Preview's."""

from __future__ import annotations

from dbt_intercom_activate.sandbox import (
    bulk,
    companies,
    company_pages,
    contact_lifecycle,
    contact_pages,
    contacts,
    conversations,
    data_attributes,
    events,
    memberships,
    tags,
    tickets,
    workspace,
)
from dbt_intercom_activate.sandbox.exchange import Endpoint

READ_ONE = "Read one user and one company"
READ_ALL = "Read and list users and companies"
WRITE = "Write users and companies"
WRITE_ALL = "Read and write users"
READ_TAGS = "Read tags"
WRITE_TAGS = "Write tags"
READ_CONVERSATIONS = "Read conversations"
WRITE_CONVERSATIONS = "Write conversations"
READ_TICKETS = "Read tickets"
WRITE_TICKETS = "Write tickets"
READ_ADMINS = "Read admins"
READ_ONE_ADMIN = "Read one admin"
READ_COUNTS = "Read counts"
READ_EVENTS = "Read events"
WRITE_EVENTS = "Write events"
WRITE_ATTRIBUTES = "Write data attributes"

# The first match wins, so fixed paths stand before those with a parameter.
ENDPOINTS = (
    Endpoint("GET", "/me", workspace.me),
    Endpoint("GET", "/admins", workspace.list_admins, (READ_ADMINS,)),
    Endpoint("GET", "/admins/{admin_id}", workspace.get_admin, (READ_ONE_ADMIN, READ_ADMINS)),
    Endpoint("GET", "/contacts", contact_pages.list_contacts, (READ_ALL,)),
    Endpoint("POST", "/contacts", contacts.create, (WRITE,)),
    Endpoint("POST", "/contacts/search", contact_pages.search_contacts, (READ_ALL,)),
    Endpoint("POST", "/contacts/merge", contact_lifecycle.merge, (WRITE_ALL,)),
    Endpoint(
        "GET",
        "/contacts/find_by_external_id/{external_id:path}",
        contacts.find_by_external_id,
        (READ_ONE,),
    ),
    Endpoint("POST", "/contacts/bulk", bulk.create_contacts, (WRITE_ALL,)),
    Endpoint("PUT", "/contacts/bulk", bulk.update_contacts, (WRITE_ALL,)),
    Endpoint("POST", "/contacts/bulk/delete", bulk.delete_contacts, (WRITE_ALL,)),
    Endpoint("GET", "/contacts/bulk/{id}", bulk.contacts_job, (WRITE_ALL,)),
    Endpoint("POST", "/companies/bulk", bulk.write_companies, (WRITE_ALL,)),
    Endpoint("PUT", "/companies/bulk", bulk.update_companies, (WRITE_ALL,)),
    Endpoint("POST", "/companies/bulk/delete", bulk.delete_companies, (WRITE_ALL,)),
    Endpoint("GET", "/companies/bulk/{id}", bulk.companies_job, (WRITE_ALL,)),
    Endpoint("GET", "/contacts/{contact_id}", contacts.get, (READ_ONE,)),
    Endpoint("PUT", "/contacts/{contact_id}", contacts.update, (WRITE,)),
    Endpoint("DELETE", "/contacts/{contact_id}", contact_lifecycle.delete, (WRITE_ALL,)),
    Endpoint("POST", "/contacts/{contact_id}/archive", contact_lifecycle.archive, (WRITE_ALL,)),
    Endpoint("POST", "/contacts/{contact_id}/unarchive", contact_lifecycle.unarchive, (WRITE_ALL,)),
    Endpoint("POST", "/contacts/{contact_id}/block", contact_lifecycle.block, (WRITE_ALL,)),
    Endpoint("GET", "/contacts/{contact_id}/companies", memberships.list_companies, (READ_ONE,)),
    Endpoint("POST", "/contacts/{contact_id}/companies", memberships.attach, (WRITE,)),
    Endpoint("DELETE", "/contacts/{contact_id}/companies/{company_id}", memberships.detach, (WRITE,)),
    Endpoint("GET", "/contacts/{contact_id}/tags", tags.list_of_contact, (READ_TAGS, READ_ALL)),
    Endpoint("POST", "/contacts/{contact_id}/tags", tags.attach_to_contact, (WRITE_TAGS,)),
    Endpoint("DELETE", "/contacts/{contact_id}/tags/{tag_id}", tags.detach_from_contact, (WRITE_TAGS,)),
    Endpoint("GET", "/companies", company_pages.retrieve, (READ_ONE, READ_ALL)),
    Endpoint("POST", "/companies", companies.create_or_update, (WRITE,)),
    Endpoint("POST", "/companies/list", company_pages.list_companies, (READ_ALL,)),
    Endpoint("GET", "/companies/scroll", company_pages.scroll, (READ_ALL,)),
    Endpoint("GET", "/companies/{company_id}", companies.get, (READ_ONE,)),
    Endpoint("PUT", "/companies/{company_id}", companies.update, (WRITE,)),
    Endpoint("DELETE", "/companies/{company_id}", companies.delete, (WRITE,)),
    Endpoint("GET", "/companies/{company_id}/contacts", company_pages.contacts_of, (READ_ALL,)),
    Endpoint("GET", "/companies/{company_id}/segments", company_pages.segments_of, (READ_ALL,)),
    Endpoint("GET", "/tags", tags.list_tags, (READ_TAGS, READ_ALL)),
    Endpoint("POST", "/tags", tags.create_or_apply, (WRITE_TAGS,)),
    Endpoint("GET", "/tags/{tag_id}", tags.get, (READ_TAGS, READ_ALL)),
    Endpoint("DELETE", "/tags/{tag_id}", tags.delete, (WRITE_TAGS,)),
    Endpoint("GET", "/conversations/{conversation_id}", conversations.get, (READ_CONVERSATIONS,)),
    Endpoint(
        "POST", "/conversations/{conversation_id}/tags", conversations.attach_tag, (WRITE_CONVERSATIONS,)
    ),
    Endpoint(
        "DELETE",
        "/conversations/{conversation_id}/tags/{tag_id}",
        conversations.detach_tag,
        (WRITE_CONVERSATIONS,),
    ),
    Endpoint("GET", "/tickets/{ticket_id}", tickets.get, (READ_TICKETS,)),
    Endpoint("POST", "/tickets/{ticket_id}/tags", tickets.attach_tag, (WRITE_TICKETS,)),
    Endpoint("DELETE", "/tickets/{ticket_id}/tags/{tag_id}", tickets.detach_tag, (WRITE_TICKETS,)),
    Endpoint("GET", "/data_attributes", data_attributes.list_attributes, (READ_ALL, READ_ONE)),
    Endpoint("POST", "/data_attributes", data_attributes.create, (WRITE_ATTRIBUTES,)),
    Endpoint("PUT", "/data_attributes/{data_attribute_id}", data_attributes.update, (WRITE_ATTRIBUTES,)),
    Endpoint("GET", "/events", events.list_events, (READ_EVENTS,)),
    Endpoint("POST", "/events", events.send, (WRITE_EVENTS,)),
    Endpoint("GET", "/counts", workspace.counts, (READ_COUNTS,)),
    Endpoint("GET", "/segments", workspace.list_segments, (READ_ALL,)),
)
