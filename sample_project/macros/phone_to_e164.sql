{#
    A phone number as people type it, in E.164 ("+442079460123"), or null where that is not possible.

        "+44 (0)20 7946 0123"   an optional trunk zero is dropped
        "0044 7700 900123"      00 is the international prefix
        "07700 900123"          a national number takes the calling code of the country
        "(212) 555-0123"        American national numbers have no trunk zero
#}
{% macro phone_to_e164(phone, country_code) -%}
    {%- set digits = "regexp_replace(replace(" ~ phone ~ ", '(0)', ''), '[^0-9+]', '', 'g')" -%}
    {%- set calling_code %}
        case {{ country_code }}
            when 'AU' then '61'
            when 'DE' then '49'
            when 'FR' then '33'
            when 'GB' then '44'
            when 'IE' then '353'
            when 'SE' then '46'
            when 'US' then '1'
        end
    {%- endset -%}
    nullif(
        regexp_extract(
            case
                when {{ digits }} like '+%' then {{ digits }}
                when {{ digits }} like '00%' then '+' || substr({{ digits }}, 3)
                when {{ digits }} like '0%' then '+' || {{ calling_code }} || substr({{ digits }}, 2)
                else '+' || {{ calling_code }} || {{ digits }}
            end,
            '^\+[1-9][0-9]{6,14}$'
        ),
        ''
    )
{%- endmacro %}
