"""Write the seeds of the sample project: the raw data of Mossbank, a fictitious plant-care subscription.

    python sample_project/scripts/generate_seeds.py

Standard library only. Every draw comes from one seeded generator and no clock is read, so a rerun writes
identical bytes. People, companies and addresses are invented: every email and website stands on a domain
reserved by RFC 2606, and every phone number in a range that its regulator keeps for fiction.

The data has the faults that real exports have, on purpose: customers exported again after an edit, capitals and
stray spaces in emails, phones as people type them, missing names and emails, accents, apostrophes and quotes.
Two of its faults are for Intercom to meet: a light reading that is no number, and an ambassador who is no customer.
"""

from __future__ import annotations

import csv
import math
import random
from datetime import date, datetime, time, timedelta
from pathlib import Path

SEEDS = Path(__file__).resolve().parent.parent / "seeds"
RANDOM_SEED = 20261031

OPENED = datetime(2022, 3, 1)  # Mossbank's first customer
AS_OF = datetime(2026, 10, 31)  # the moment of the export; `as_of_date` in dbt_project.yml says the same
TRIAL_DAYS = 30
EVENT_RETENTION_DAYS = 30

CUSTOMERS = 2_000
REEXPORTED = 50  # customers that stand in the export twice
COMPANIES = 150
COMPANY_MEMBERS = 1_240
AMBASSADORS = 25

# code, name, audience, monthly price in cents, months per bill
PLANS = [
    ("home_windowsill", "Windowsill", "home", 900, 3),
    ("home_balcony", "Balcony", "home", 1_900, 3),
    ("home_jungle", "Jungle", "home", 3_900, 3),
    ("work_studio", "Studio", "workplace", 14_900, 12),
    ("work_office", "Office", "workplace", 32_900, 12),
    ("work_atrium", "Atrium", "workplace", 74_900, 12),
]
MONTHLY_PRICE = {code: price for code, _, _, price, _ in PLANS}
PAID_STATUSES = ("active", "past_due")

INDUSTRIES = {
    "Architecture & design": 18, "Software": 26, "Hospitality": 20, "Publishing & media": 13, "Education": 12,
    "Health care": 14, "Logistics": 9, "Retail": 16, "Law & accounting": 13, "Non-profit": 9,
}

# A name is written as its owner writes it; after a slash, as it stands in an email address.
NAMES = {
    "GB": (
        "Amelia Oliver Isla George Freya Arthur Poppy Harry Zara Imran Niamh/niamh Callum Eilidh Rhys Siân/sian "
        "Gethin Priya Arjun Chidi Adaeze Florence Theo Beatrice Hamish Saoirse Nadia Tobias Maisie Kwame Bronwen",
        "Clarke Hughes Okafor Patel O'Connell Whitaker Ashworth Fairbairn MacLeod D'Arcy Llewellyn Begum Hussain "
        "Pemberton-Hale Thackeray Osei Barlow Cartwright Nightingale Singh Rahman Penhaligon Adeyemi Stott Winterbourne",
    ),
    "US": (
        "Ava Liam Harper Mason Madison Ethan Jasmine Tyrone Guadalupe Diego Mei-Ling Xiomara Caleb Savannah DeShawn "
        "Kaitlyn Aaliyah Jordan Logan Rosa José/jose Renée/renee Dakota Brianna Wyatt",
        "Johnson Nguyen Ramirez Peña/pena Washington Kowalczyk Goldberg O'Malley Castillo Kim Vandenberg Brooks "
        "Delacroix Yamamoto Núñez/nunez Hartley Freeman Blackwood Reyes Lindqvist McAllister",
    ),
    "DE": (
        "Jürgen/juergen Björn/bjoern Käthe/kaethe Lena Finn Sabine Uwe Annika Sören/soeren Emre Aylin Matthias Greta "
        "Friederike Jörg/joerg Heike Lukas Zeynep Nele Ansgar",
        "Müller/mueller Schröder/schroeder Weiß/weiss Köhler/koehler Jäger/jaeger Yılmaz/yilmaz Becker Vogt "
        "Großmann/grossmann Lindemann Krüger/krueger Hoffmann Öztürk/oeztuerk Brandt Schönfeld/schoenfeld Ritter Engel",
    ),
    "FR": (
        "Chloé/chloe Léa/lea Hélène/helene François/francois Théo/theo Aurélie/aurelie Noémie/noemie Jérôme/jerome "
        "Inès/ines Gaël/gael Amélie/amelie Mathis Océane/oceane Anaïs/anais Étienne/etienne Youssef Fatou Capucine",
        "Lefèvre/lefevre Dubois Béranger/beranger D'Aubigné/daubigne Moreau Gauthier Diallo Benali Rousseau Châtelain/chatelain "
        "Le-Goff Fournier Garçon/garcon Deschênes/deschenes Marchand Noël/noel L'Hermitte/lhermitte",
    ),
    "SE": (
        "Astrid Björn/bjorn Åsa/asa Göran/goran Linnéa/linnea Märta/marta Elsa Oskar Maja Håkan/hakan Ebba Nils "
        "Tuva Sixten Amina Rasmus",
        "Sjöberg/sjoberg Åkesson/akesson Lindström/lindstrom Öberg/oberg Bergqvist Nyström/nystrom Hallgren "
        "Ekdahl Wallin Sandström/sandstrom Hägglund/hagglund Ahmadi Lundgren",
    ),
    "DK": (
        "Søren/soren Mette Jørgen/jorgen Bjørk/bjork Freja Rasmus Maiken Øyvind/oyvind Kirstine Asger Liv Troels",
        "Sørensen/sorensen Kjær/kjaer Løvstad/lovstad Nygård/nygaard Østergaard/ostergaard Thygesen Holm Bjerre "
        "Brøndum/brondum Skovgaard Ravn",
    ),
    "PL": (
        "Michał/michal Łukasz/lukasz Małgorzata/malgorzata Zofia Paweł/pawel Agnieszka Stanisław/stanislaw "
        "Bożena/bozena Jagoda Wojciech Grażyna/grazyna Kuba Halina",
        "Wójcik/wojcik Zięba/zieba Gołąb/golab Mróz/mroz Piątek/piatek Król/krol Wróbel/wrobel Łoś/los Kaczmarek "
        "Sikora Żak/zak Głowacz/glowacz",
    ),
    "ES": (
        "Íñigo/inigo Lucía/lucia Álvaro/alvaro Begoña/begona Mateo Rocío/rocio Andrés/andres Carmen Nerea Jordi "
        "Núria/nuria Xavi Sofía/sofia",
        "Muñoz/munoz Ibáñez/ibanez Fernández/fernandez Goikoetxea Peñalver/penalver Castro Domènech/domenech "
        "Vázquez/vazquez Serrano Etxeberria Güell/guell Ortiz",
    ),
    "IE": (
        "Aoife Oisín/oisin Caoimhe Róisín/roisin Cillian Sinéad/sinead Pádraig/padraig Gráinne/grainne Conor Orla "
        "Tadhg Fionnuala",
        "O'Sullivan O'Brien Byrne O'Flaherty McGillicuddy Kavanagh D'Alton Brennan Nolan McGrath Quigley",
    ),
    "AU": (
        "Lachlan Matilda Bindi Jarrah Angus Ruby Cooper Indigo Minh Sienna Bodhi Talia",
        "Fitzgerald Nguyen Callaghan Papadopoulos Wirra Marsden Tran Hollingworth Rossi McPhee O'Dowd Bancroft",
    ),
    "JP": (
        "さくら/sakura 陽翔/haruto 結衣/yui 蓮/ren 美咲/misaki 健太/kenta",
        "田中/tanaka 佐藤/sato 渡辺/watanabe 小林/kobayashi 山口/yamaguchi",
    ),
    "UA": (
        "Олена/olena Тарас/taras Оксана/oksana Андрій/andrii Ірина/iryna Богдан/bohdan",
        "Шевченко/shevchenko Коваленко/kovalenko Мельник/melnyk Бондар/bondar Ткаченко/tkachenko",
    ),
    "GR": (
        "Ελένη/eleni Γιώργος/giorgos Δήμητρα/dimitra Νίκος/nikos Κατερίνα/katerina",
        "Νικολάου/nikolaou Αντωνίου/antoniou Γεωργίου/georgiou Βασιλείου/vasileiou",
    ),
    "AE": (
        "ليلى/layla يوسف/yousef مريم/maryam خالد/khaled نور/nour",
        "الحداد/alhaddad منصور/mansour النجار/alnajjar سليمان/suleiman",
    ),
}
COUNTRY_WEIGHTS = {
    "GB": 30, "US": 12, "DE": 13, "FR": 11, "SE": 7, "DK": 5, "PL": 6, "ES": 5, "IE": 5, "AU": 3,
    "JP": 1, "UA": 1, "GR": 1, "AE": 1,
}
COMPANY_COUNTRY_WEIGHTS = {"GB": 34, "US": 14, "DE": 14, "FR": 11, "SE": 7, "DK": 5, "PL": 5, "ES": 4, "IE": 6, "AU": 3}

COMPANY_FIRST = (
    "Kestrel Halyard Juniper Copperfield Saltmarsh Lantern Foxglove Harbour Meridian Quarry Thistledown Ironbridge "
    "Larkspur Wren Tidewater Beacon Alder Cinder Marlow Heron Oakhurst Paperboat Northgate Sundial Birchwood Flint "
    "Orchard Pebble Redshank Signal Tamarisk Underhill Vellum Windrose Yarrow Zephyr Bramble Clockhouse Driftwood Ember"
).split()
COMPANY_KINDS = {
    "Architecture & design": "Architects,Studio,Interiors,Design Works",
    "Software": "Labs,Systems,Software,Cloud",
    "Hospitality": "Hotels,Coffee Roasters,Kitchens,Lodge",
    "Publishing & media": "Press,Books,Pictures,Radio",
    "Education": "Academy,Language School,Learning,College",
    "Health care": "Dental,Clinics,Physiotherapy,Care",
    "Logistics": "Freight,Logistics,Couriers,Storage",
    "Retail": "Outfitters,Homeware,Cycles,Supply Co.",
    "Law & accounting": "Partners,Chambers,Accountants,Legal",
    "Non-profit": "Trust,Foundation,Project,Collective",
}
COMPANY_SUFFIX = {"GB": " Ltd", "US": " Inc.", "DE": " GmbH", "FR": " SAS", "SE": " AB", "DK": " ApS", "PL": " Sp. z o.o.",
                  "ES": " S.L.", "IE": " Ltd", "AU": " Pty Ltd"}
# Names that no pattern would give, each with its domain, country and industry.
NAMED_COMPANIES = [
    ("Kestrel Works", "kestrel-works", "GB", "Architecture & design"),
    ("Café Løvstad", "cafe-lovstad", "DK", "Hospitality"),
    ("O'Rourke & Daughters", "orourke-daughters", "IE", "Law & accounting"),
    ('The "Good Desk" Company', "good-desk", "GB", "Retail"),
    ("Björkholm Förlag", "bjorkholm-forlag", "SE", "Publishing & media"),
    ("Łódź Design Collective", "lodz-design", "PL", "Architecture & design"),
    ("Großmann & Söhne, Spedition", "grossmann-spedition", "DE", "Logistics"),
    ("L'Atelier d'Été", "atelier-ete", "FR", "Architecture & design"),
    ("さくら設計 Sakura Sekkei", "sakura-sekkei", "GB", "Architecture & design"),
    ("Niño & Peña Abogados", "nino-pena", "ES", "Law & accounting"),
    ("100% Wool, Inc.", "hundred-percent-wool", "US", "Retail"),
    ("¿Qué Tal? Language School", "que-tal", "ES", "Education"),
]

PLANTS = (
    "Monstera deliciosa,Ficus lyrata,Sansevieria trifasciata,Zamioculcas zamiifolia,Pilea peperomioides,"
    "Calathea orbifolia,Epipremnum aureum,Strelitzia nicolai,Spathiphyllum wallisii,Aloe vera,Hoya carnosa"
).split(",")
EVENT_WEIGHTS = {
    "watering_logged": 46, "plant_added": 17, "reminder_snoozed": 13, "light_measured": 11, "care_question_asked": 7,
    "box_reviewed": 4, "invite_sent": 2,
}
PLANTLESS_EVENTS = {"box_reviewed", "invite_sent"}
PLATFORM_WEIGHTS = {"ios": 46, "android": 33, "web": 21}
WAKING_HOURS = (2, 4, 6, 6, 5, 5, 6, 5, 4, 4, 5, 7, 9, 9, 7, 4, 2)  # of each hour from 6 to 22

rng = random.Random(RANDOM_SEED)


def weighted(weights: dict[str, int]) -> str:
    """One of the keys, as likely as its weight."""
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def chance(probability: float) -> bool:
    """True with this probability."""
    return rng.random() < probability


def identifier(prefix: str, taken: set[str]) -> str:
    """An opaque identifier that was not given before."""
    while True:
        value = prefix + "".join(rng.choices("abcdefghjkmnpqrstuvwxyz23456789", k=8))
        if value not in taken:
            taken.add(value)
            return value


def between(start: datetime, end: datetime) -> datetime:
    """A moment in [start, end], to the second, by daylight where the span leaves room for it."""
    if end <= start:
        return start
    for _ in range(8):
        moment = start + timedelta(seconds=rng.randrange(int((end - start).total_seconds())))
        moment = moment.replace(hour=rng.choices(range(6, 23), weights=WAKING_HOURS)[0])
        if start <= moment <= end:
            return moment
    return start + timedelta(seconds=rng.randrange(int((end - start).total_seconds())))


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or that month's 28th."""
    index = day.month - 1 + months
    return date(day.year + index // 12, index % 12 + 1, min(day.day, 28))


def name_pair(choices: str) -> tuple[str, str]:
    """A name as written, and as it stands in an email address."""
    written, _, ascii_form = rng.choice(choices.split()).partition("/")
    ascii_form = ascii_form or written.lower().replace("'", "").replace("-", "")
    return written.replace("Le-", "Le "), ascii_form


def signup(earliest: datetime = OPENED, latest: datetime = AS_OF) -> datetime:
    """A moment between two others; later ones are likelier, since Mossbank grows."""
    span = (latest - earliest).total_seconds()
    moment = earliest + timedelta(seconds=int(span * rng.random() ** 0.7))
    return between(max(earliest, moment - timedelta(hours=12)), min(moment + timedelta(hours=12), latest))


def phone(country: str) -> str | None:
    """A number from a range kept for fiction, as somebody might type it, for countries that have such ranges."""
    digits = f"{rng.randrange(1000):03d}"
    if country == "GB":
        forms = [f"+44 7700 900{digits}", f"07700 900{digits}", f"0044 7700 900{digits}", f"+44 (0)20 7946 0{digits}", f"+447700900{digits}"]
    elif country == "US":
        area, last = rng.choice(["212", "415", "312", "503"]), f"01{rng.randrange(100):02d}"
        forms = [f"+1 ({area}) 555-{last}", f"({area}) 555-{last}", f"+1{area}555{last}", f"{area}.555.{last}"]
    elif country == "DE":
        forms = [f"+49 30 23125 {digits}", f"030 23125-{digits}", f"+49 (0)30/23125{digits}"]
    elif country == "FR":
        last = f"{rng.randrange(100):02d} {rng.randrange(100):02d}"
        forms = [f"+33 6 39 98 {last}", f"06 39 98 {last}", f"0033 6 39 98 {last}"]
    elif country == "SE":
        forms = [f"+46 70 174 06 {rng.randrange(5, 100):02d}", f"070-174 06 {rng.randrange(5, 100):02d}"]
    elif country == "IE":
        forms = [f"+353 20 91{rng.randrange(10)} {rng.randrange(10000):04d}", f"020 91{rng.randrange(10)} {rng.randrange(10000):04d}"]
    elif country == "AU":
        forms = [f"+61 2 5550 {rng.randrange(10000):04d}", f"(02) 5550 {rng.randrange(10000):04d}"]
    else:
        return None
    return rng.choice(forms)


def make_companies() -> list[dict]:
    """The 150 workplaces, each with its present contract status."""
    companies, ids, slugs = [], set(), set()
    named = list(NAMED_COMPANIES)
    statuses = ["active"] * 113 + ["trialing"] * 11 + ["past_due"] * 8 + ["cancelled"] * 12 + [None] * 6
    rng.shuffle(statuses)
    while len(companies) < COMPANIES:
        if named:
            name, slug, country, industry = named.pop(0)
        else:
            country, industry = weighted(COMPANY_COUNTRY_WEIGHTS), weighted(INDUSTRIES)
            kind = rng.choice(COMPANY_KINDS[industry].split(","))
            if chance(0.4):
                first, ascii_form = name_pair(NAMES[country][1])
                if chance(0.3):
                    other, other_ascii = name_pair(NAMES[country][1])
                    first, ascii_form = f"{first} & {other}", f"{ascii_form}-{other_ascii}"
            else:
                first = rng.choice(COMPANY_FIRST)
                ascii_form = first.lower()
            name = f"{first} {kind}" + (COMPANY_SUFFIX[country] if chance(0.35) and kind[-1] != "." else "")
            slug = f"{ascii_form}-{kind.lower().rstrip('.').replace(' ', '-')}"
        if slug in slugs or slug.rpartition("-")[0] in {s.rpartition("-")[0] for s in slugs}:
            continue
        slugs.add(slug)
        status = statuses[len(companies)]
        earliest = AS_OF - timedelta(days=TRIAL_DAYS - 2) if status == "trialing" else OPENED
        latest = AS_OF - timedelta(days=1 if status == "trialing" else 60)
        signed_up = signup(earliest, latest)
        ended = signed_up.date() + timedelta(days=rng.randrange(TRIAL_DAYS, (AS_OF - signed_up).days)) if status == "cancelled" else None
        size = max(3, int(rng.lognormvariate(3.9, 1.15)))
        companies.append({
            "company_id": identifier("com_", ids),
            "company_name": name,
            "website": None if chance(0.05) else f"https://www.{slug}.example",
            "industry": None if chance(0.04) else industry,
            "employee_count": None if chance(0.03) else size,
            "country_code": country,
            "is_partner": chance(0.09),
            "created_at": signed_up,
            "updated_at": between(signed_up, AS_OF),
            "_slug": slug, "_size": size, "_status": status, "_ended": ended,
            "_pace": rng.choice([0.7, 1.0, 1.0, 1.6, 3.5]),
        })
    return companies


def make_customers(companies: list[dict]) -> list[dict]:
    """The 2,000 people: members of companies, and people at home."""
    ids: set[str] = set()
    emails: set[str] = set()
    pull = [math.sqrt(company["_size"]) * rng.uniform(0.4, 1.6) for company in companies]
    for lonely in rng.sample(range(COMPANIES), 4):
        pull[lonely] = 0  # a workplace that has invited nobody yet
    members = list(range(COMPANIES)) + rng.choices(range(COMPANIES), weights=pull, k=COMPANY_MEMBERS)
    members = [index for index in members if pull[index]][:COMPANY_MEMBERS]
    customers = []
    for index in [*members, *[None] * (CUSTOMERS - COMPANY_MEMBERS)]:
        company = companies[index] if index is not None else None
        country = company["country_code"] if company and chance(0.8) else weighted(COUNTRY_WEIGHTS)
        first, first_ascii = name_pair(NAMES[country][0])
        last, last_ascii = name_pair(NAMES[country][1])
        if chance(0.004):
            first = rng.choice(['Robert "Bob"', 'Elizabeth "Liz"', 'Margaret "Peggy"', 'William "Bill"'])
            first_ascii = first.split('"')[1].lower()
        if company:
            ended = company["_ended"] and datetime.combine(company["_ended"], time())
            joined = company["created_at"] + timedelta(days=0 if chance(0.25) else int(rng.expovariate(1 / 240)))
            latest = ended or AS_OF
            if joined >= latest:
                joined = between(company["created_at"], latest)
            signed_up = between(joined, min(joined + timedelta(days=2), latest))
        else:
            signed_up = signup(AS_OF - timedelta(days=28)) if chance(0.06) else signup()
        email = make_email(first_ascii, last_ascii, company, emails)
        customer = {
            "customer_id": identifier("cus_", ids),
            "company_id": company["company_id"] if company else None,
            "first_name": first,
            "last_name": None if chance(0.03) else last,
            "email": None if chance(0.012) else email,
            "phone": phone(country) if chance(0.55) else None,
            "country_code": country,
            "marketing_opt_out": chance(0.17),
            "created_at": signed_up,
            "last_active_at": None,
            "updated_at": None,
            "_company": company, "_live": False, "_ended": None, "_subscribed": False,
        }
        customers.append(customer)
    rng.shuffle(customers)
    return customers


def make_email(first: str, last: str, company: dict | None, taken: set[str]) -> str:
    """An address not given before, on a reserved domain; some with a plus, some with capitals."""
    if company:
        domain = company["_slug"] + ".example"
        local = rng.choices([f"{first}.{last}", f"{first[0]}{last}", first], weights=[6, 3, 1])[0]
    else:
        domain = rng.choices(["example.com", "example.net", "example.org", "mail.example.com", "post.example.net"], weights=[40, 22, 18, 12, 8])[0]
        local = rng.choice([f"{first}.{last}", f"{first}{last}", f"{first}_{last}", f"{first[0]}.{last}", f"{first}{rng.randrange(60, 100)}"])
        if chance(0.06):
            local += rng.choice(["+plants", "+mossbank", "+home", "+moss"])
    number, email = 1, f"{local}@{domain}"
    while email in taken:
        number += 1
        email = f"{local}{number}@{domain}"
    taken.add(email)
    return capitalised(email) if chance(0.1) else email


def capitalised(email: str) -> str:
    """The same address as an impatient thumb or an old CRM writes it."""
    local, _, domain = email.partition("@")
    return rng.choice([email.capitalize(), email.upper(), f"{local.title()}@{domain}"])


def make_subscriptions(customers: list[dict], companies: list[dict]) -> list[dict]:
    """Every subscription ever held: by a workplace, or by a person at home."""
    rows: list[dict] = []
    ids: set[str] = set()

    def add(holder: dict, plan: str, status: str, start: date, *, trial_end=None, renews=None, cancelled=None, sites=1, discount=0):
        rows.append({
            "subscription_id": identifier("sub_", ids),
            "customer_id": holder.get("customer_id"),
            "company_id": None if "customer_id" in holder else holder["company_id"],
            "plan_code": plan, "status": status, "sites": sites, "discount_percent": discount,
            "started_on": start, "trial_ends_on": trial_end, "renews_on": renews, "cancelled_on": cancelled,
        })

    for company in companies:
        subscribe_company(company, add)
    for customer in customers:
        if not customer["_company"] or chance(0.05):
            subscribe_customer(customer, add)
    rows.sort(key=lambda row: (row["started_on"], row["subscription_id"]))
    return rows


def subscribe_company(company: dict, add) -> None:
    """The contract of a workplace, and the smaller one it may have had before."""
    status, size = company["_status"], company["_size"]
    if status is None:
        return
    plan = "work_studio" if size < 25 else "work_office" if size < 160 else "work_atrium"
    sites = 1 + min(11, int(rng.expovariate(1 / (0.4 + size / 120))))
    discount = rng.choices([0, 5, 10, 15], weights=[70, 10, 14, 6])[0]
    start = company["created_at"].date()
    trial_end = start + timedelta(days=TRIAL_DAYS)
    if status == "trialing":
        add(company, plan, "trialing", start, trial_end=trial_end, renews=trial_end, sites=sites)
        return
    room = (AS_OF.date() - start).days
    if status == "cancelled":
        add(company, plan, "cancelled", start, trial_end=trial_end, cancelled=company["_ended"], sites=sites, discount=discount)
        return
    if plan != "work_studio" and room > 300 and chance(0.3):
        moved = start + timedelta(days=rng.randrange(120, room - 60))
        smaller = "work_office" if plan == "work_atrium" else "work_studio"
        add(company, smaller, "cancelled", start, trial_end=trial_end, cancelled=moved, sites=max(1, sites // 2))
        start, trial_end = moved, None
    add(company, plan, status, start, trial_end=trial_end, renews=next_renewal(start, 12), sites=sites, discount=discount)
    if plan == "work_studio" and chance(0.25):
        upgrade = AS_OF.date() + timedelta(days=rng.randrange(1, 50))
        add(company, "work_office", "scheduled", upgrade, renews=add_months(upgrade, 12), sites=sites)


def next_renewal(start: date, months: int) -> date:
    """The first anniversary after the export, counted in periods of so many months."""
    periods = 1
    while add_months(start, months * periods) <= AS_OF.date():
        periods += 1
    return add_months(start, months * periods)


def subscribe_customer(customer: dict, add) -> None:
    """A person's subscriptions at home: a trial, then perhaps years, an end, a change of plan, a return."""
    if chance(0.06):
        return  # signed up, never subscribed
    plan = rng.choices(["home_windowsill", "home_balcony", "home_jungle"], weights=[50, 36, 14])[0]
    start = customer["created_at"].date() + timedelta(days=rng.choices([0, rng.randrange(1, 14)], weights=[70, 30])[0])
    start = min(start, AS_OF.date() - timedelta(days=1))
    customer["_subscribed"] = True
    trial_end: date | None = start + timedelta(days=TRIAL_DAYS)
    if trial_end > AS_OF.date():
        if chance(0.08):
            ended = start + timedelta(days=rng.randrange(0, (AS_OF.date() - start).days + 1))
            add(customer, plan, "cancelled", start, trial_end=trial_end, cancelled=ended)
            customer["_ended"] = ended
        else:
            add(customer, plan, "trialing", start, trial_end=trial_end, renews=trial_end)
            customer["_live"] = True
        return
    if chance(0.2):
        add(customer, plan, "cancelled", start, trial_end=trial_end, cancelled=trial_end)
        customer["_ended"] = trial_end
        return
    while True:
        lifetime = timedelta(days=int(rng.expovariate(1 / 1500)) + 45)
        ended = start + lifetime
        if ended < AS_OF.date():
            add(customer, plan, "cancelled", start, trial_end=trial_end, cancelled=ended)
            customer["_ended"] = ended
            back = ended + timedelta(days=rng.randrange(60, 400))
            if back < AS_OF.date() - timedelta(days=10) and chance(0.22):
                start, trial_end, customer["_ended"] = back, None, None
                continue
            return
        room = (AS_OF.date() - start).days
        if room > 240 and plan != "home_jungle" and chance(0.15):
            moved = start + timedelta(days=rng.randrange(100, room - 30))
            add(customer, plan, "cancelled", start, trial_end=trial_end, cancelled=moved)
            plan = "home_balcony" if plan == "home_windowsill" else "home_jungle"
            start, trial_end = moved, None
        billed_from = trial_end or start
        add(customer, plan, "past_due" if chance(0.05) else "active", start, trial_end=trial_end, renews=next_renewal(billed_from, 3))
        customer["_live"] = True
        return


def set_activity(customers: list[dict]) -> None:
    """When each person was last in the app, and when their record was last edited."""
    for customer in customers:
        signed_up, company = customer["created_at"], customer["_company"]
        live = customer["_live"] or (company and company["_status"] in ("active", "past_due", "trialing"))
        ended = customer["_ended"] or (company and company["_ended"])
        if chance(0.02 if customer["_subscribed"] else 0.09):
            last = None  # invited, or signed up on the website, and never seen in the app
        elif live:
            mean = 40 if company and company["_status"] == "past_due" else rng.choices([4, 15, 75], weights=[60, 28, 12])[0]
            pace = company["_pace"] if company else 1.0
            last = AS_OF - timedelta(days=rng.expovariate(1 / mean) * pace)
        elif ended:
            last = datetime.combine(ended, time()) + timedelta(days=rng.uniform(-25, 12))
        else:
            last = signed_up + timedelta(days=rng.expovariate(1 / 12))
        if last is not None:
            latest = AS_OF - timedelta(seconds=60)
            last = min(max(last, signed_up + timedelta(minutes=rng.randrange(2, 40))), latest).replace(microsecond=0)
            woken = last.replace(hour=rng.choices(range(6, 23), weights=WAKING_HOURS)[0])
            last = woken if signed_up <= woken < AS_OF else max(last, signed_up)
        customer["last_active_at"] = last
        customer["updated_at"] = between(max(last or signed_up, signed_up), min((last or signed_up) + timedelta(days=3), AS_OF))


def make_orders(customers: list[dict], subscriptions: list[dict]) -> list[dict]:
    """Season boxes, billed with a home subscription, and what people buy in the shop."""
    rows: list[dict] = []
    ids: set[str] = set()

    def add(customer_id: str, kind: str, ordered: datetime, items: int, shipping: int, discount: int, status: str) -> None:
        total = items + shipping - discount
        refunded = total if status == "refunded" else int(total * rng.choice([0.25, 0.5])) if status == "partially_refunded" else 0
        rows.append({
            "order_id": identifier("ord_", ids), "customer_id": customer_id, "order_type": kind, "status": status,
            "items_cents": items, "shipping_cents": shipping, "discount_cents": discount, "total_cents": total,
            "refunded_cents": refunded, "ordered_at": ordered,
        })

    for subscription in subscriptions:
        if not subscription["customer_id"]:
            continue
        bill = subscription["trial_ends_on"] or subscription["started_on"]
        end = subscription["cancelled_on"] or AS_OF.date()
        first, periods = bill, 0
        while bill < end:
            following = add_months(first, 3 * (periods + 1))
            failed = subscription["status"] == "past_due" and following >= end
            price = 3 * MONTHLY_PRICE[subscription["plan_code"]]
            discount = price // 5 if periods == 0 and chance(0.2) else 0
            status = "payment_failed" if failed else rng.choices(["paid", "partially_refunded", "refunded"], weights=[965, 20, 15])[0]
            moment = datetime(bill.year, bill.month, bill.day, rng.randrange(2, 5), rng.randrange(60), rng.randrange(60))
            add(subscription["customer_id"], "season_box", moment, price, 0, discount, status)
            periods += 1
            bill = following
    for customer in customers:
        if not customer["last_active_at"] or not chance(0.22 if customer["_company"] else 0.4):
            continue
        for _ in range(1 + int(rng.expovariate(1 / 0.9))):
            items = sum(rng.choice([690, 990, 1250, 1490, 1890, 2450, 3900, 6500]) for _ in range(rng.choices([1, 2, 3], weights=[6, 3, 1])[0]))
            discount = items // 10 if customer["_company"] or chance(0.15) else 0
            status = rng.choices(["paid", "partially_refunded", "refunded", "cancelled"], weights=[90, 3, 4, 3])[0]
            add(customer["customer_id"], "shop", between(customer["created_at"], customer["last_active_at"]), items, 0 if items >= 4000 else 490, discount, status)
    rows.sort(key=lambda row: (row["ordered_at"], row["order_id"]))
    return rows


def make_events(customers: list[dict]) -> list[dict]:
    """What people did in the app in the 30 days before the export; the last of it is when they were last seen."""
    rows: list[dict] = []
    retained = AS_OF - timedelta(days=EVENT_RETENTION_DAYS)
    for customer in customers:
        last = customer["last_active_at"]
        if not last or last < retained:
            continue
        earliest = max(retained, customer["created_at"])
        times = {last, *(between(earliest, last) for _ in range(min(40, int(rng.expovariate(1 / 0.5)))))}
        for moment in sorted(times):
            name = weighted(EVENT_WEIGHTS)
            rows.append({
                "customer_id": customer["customer_id"], "event_name": name, "platform": weighted(PLATFORM_WEIGHTS),
                "plant_species": None if name in PLANTLESS_EVENTS or chance(0.03) else rng.choice(PLANTS),
                "light_lux": light() if name == "light_measured" else None,
                "occurred_at": moment,
            })
    rows.sort(key=lambda row: (row["occurred_at"], row["customer_id"]))
    # The light sensor of a phone can be broken.
    next(row for row in rows[len(rows) // 2 :] if row["light_lux"])["light_lux"] = "nan"
    return [{"event_id": 480_001 + number, **row} for number, row in enumerate(rows)]


def light() -> float:
    """What a phone's sensor makes of a windowsill, in lux."""
    return round(min(rng.lognormvariate(6.2, 1.1), 60_000), 1)


def list_ambassadors(customers: list[dict]) -> list[dict]:
    """The list that the community team keeps by hand; it still names somebody whose account is gone."""
    loyal = [c for c in customers if c["_live"] and not c["company_id"] and (AS_OF - c["created_at"]).days > 365]
    rows = [
        {"customer_id": customer["customer_id"], "added_on": signup(customer["created_at"] + timedelta(days=90)).date()}
        for customer in rng.sample(loyal, AMBASSADORS - 1)
    ]
    gone = identifier("cus_", {customer["customer_id"] for customer in customers})
    rows.append({"customer_id": gone, "added_on": date(2024, 5, 14)})
    rows.sort(key=lambda row: row["added_on"])
    return [{**row, "added_by": rng.choice(["Ines", "Tom"])} for row in rows]


def export_customers(customers: list[dict]) -> list[dict]:
    """The export in order of edits: a customer edited since the last export stands in it twice."""
    rows = list(customers)
    edited = [c for c in customers if c["email"] and c["updated_at"] - c["created_at"] > timedelta(days=30)]
    for customer in rng.sample(edited, REEXPORTED):
        before = dict(customer)
        before["updated_at"] = between(customer["created_at"], customer["updated_at"] - timedelta(days=1))
        before["email"] = rng.choice([customer["email"].upper(), customer["email"].lower().capitalize(), " " + customer["email"]])
        if customer["last_active_at"] and customer["last_active_at"] > before["updated_at"]:
            before["last_active_at"] = before["updated_at"]
        if chance(0.4):
            before["phone"] = None
        if chance(0.3):
            before["marketing_opt_out"] = not customer["marketing_opt_out"]
        rows.append(before)
    return sorted(rows, key=lambda row: (row["updated_at"], row["customer_id"]))


def write(name: str, rows: list[dict]) -> None:
    """One CSV file; keys that start with an underscore are the generator's own."""
    columns = [column for column in rows[0] if not column.startswith("_")]
    with (SEEDS / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([text(row[column]) for column in columns] for row in rows)


def text(value: object) -> str:
    """A value as it stands in a CSV file; nothing is the empty field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def main() -> None:
    """Draw everything in one fixed order and write the seven seeds."""
    companies = make_companies()
    customers = make_customers(companies)
    subscriptions = make_subscriptions(customers, companies)
    set_activity(customers)
    orders = make_orders(customers, subscriptions)
    events = make_events(customers)
    columns = ("plan_code", "plan_name", "audience", "monthly_price_cents", "billing_months")
    write("raw_plans", [dict(zip(columns, plan)) for plan in PLANS])
    write("raw_companies", sorted(companies, key=lambda row: row["created_at"]))
    write("raw_customers", export_customers(customers))
    write("raw_subscriptions", subscriptions)
    write("raw_orders", orders)
    write("raw_events", events)
    write("raw_ambassadors", list_ambassadors(customers))


if __name__ == "__main__":
    main()
