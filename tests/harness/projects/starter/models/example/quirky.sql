-- Names that need quoting wherever they are used: spaces, capitals, reserved words, letters beyond ASCII.
{{ config(materialized='table', alias='Order By', schema='Group') }}

select
    'k-1' as "Customer ID",
    'One@Example.com' as "select",
    'Grüße' as "Größe",
    'it''s' as "from-where",
    3 as "ia_c1",
    'x' as "ia_seq"
