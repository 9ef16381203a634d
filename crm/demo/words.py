"""Names and sentences of the demo: companies are invented, addresses end in .example, numbers are kept for fiction."""


def _words(text: str) -> list[str]:
    return text.split()


FIRST = _words(
    "Ada Adil Agnes Aida Akira Alba Alma Amara Amir Andrej Anika Anton Arlo Asha Astrid Beatriz Ben Birgit "
    "Bruno Carla Cem Chiara Clara Dana Daniel Daria David Diego Dilan Edda Elena Elias Emeka Emil Emma Esra "
    "Eva Fatima Felix Finn Frida Gabriel Greta Hana Hanna Hugo Ida Igor Ines Ingrid Ivan Jan Jasmin Jelena "
    "Joana Jonas Julia Kaito Karim Karl Katja Kofi Lara Lars Lea Leila Lena Leo Liam Lina Lotte Luca Lucia "
    "Luis Magda Maja Malik Marco Maria Marta Mateo Maya Mei Mila Milan Mina Mira Nadia Naomi Nils Nina Noah "
    "Nora Olga Oskar Pablo Petra Pia Priya Rania Raul Remy Rosa Ruben Samir Sara Selma Sofia Stefan Suki Tariq "
    "Tessa Theo Tilda Timo Tom Una Vera Viktor Wanda Yara Yusuf Zoe"
)
LAST = _words(
    "Abel Acar Adler Almeida Andersen Aydin Baker Bauer Becker Berg Bianchi Blanc Bosch Brandt Braun Byrne "
    "Carlsen Castro Chen Cohen Costa Cruz Dahl Demir Diallo Dubois Duarte Ebert Engel Eriksen Falk Farah "
    "Ferrari Fischer Fontaine Frank Fuchs Garcia Gerber Gomez Graf Gruber Haas Haddad Hansen Hartmann Hayes "
    "Heller Hoffmann Holm Horvat Huber Ito Jansen Jensen Kaya Keller Khan Klein Koch Kovac Kramer Krause "
    "Kruger Kumar Lang Larsen Laurent Lehmann Lind Lopez Lorenz Maier Marino Martens Meier Mensah Moreau "
    "Moreno Moser Murphy Nagel Nguyen Novak Okafor Olsen Otto Park Patel Peters Petrov Pohl Popescu Quint "
    "Ramos Reis Richter Ricci Rossi Roth Sanchez Santos Sato Schmid Scholz Schulz Seidel Silva Simon Singh "
    "Sommer Stein Suzuki Takeda Torres Ueda Vargas Vogel Wagner Weber Weiss Winter Wolf Yilmaz Zeller Zimmer"
)
COLOURS = _words(
    "Amber Anvil Aspen Birch Bramble Brass Cinder Clover Cobalt Copper Coral Crane Dapple Delta Drift Ember "
    "Falcon Fern Flint Gable Garnet Ginger Granite Harbour Hazel Heron Indigo Ivory Jasper Juniper Kestrel "
    "Lantern Larch Linden Lumen Maple Marble Meadow Mistral Nettle Nimbus Oaken Ochre Onyx Opal Osprey Otter "
    "Pebble Plover Quartz Quill Raven Ridge Rowan Saffron Sable Sage Silver Slate Sorrel Sparrow Sterling "
    "Tamarind Tawny Thistle Topaz Umber Velvet Walnut Willow"
)
THINGS = _words(
    "acre arch bank bay beam bridge brook cask crest dale dock field fold ford forge gate glen grove hill "
    "hollow horn keep lane ledge loft loom mark mast mill mount path peak pier point port reach rest ridge "
    "sail shore side spring stead step stone stream tide vale ward way well wharf wood works yard"
)
# industry -> weight, what its companies are called
INDUSTRIES = {
    "Software": (14, ("Software", "Systems", "Labs", "Data")),
    "Manufacturing": (18, ("Manufacturing", "Industries", "Tools", "Machines")),
    "Logistics": (15, ("Logistics", "Freight", "Transport", "Parcel")),
    "Finance": (6, ("Finance", "Leasing", "Insurance")),
    "Professional services": (9, ("Consulting", "Partners", "Services")),
    "Retail": (17, ("Retail", "Stores", "Supply", "Trading")),
    "Healthcare": (11, ("Clinics", "Medical", "Care")),
    "Hospitality": (10, ("Hotels", "Kitchens", "Catering")),
    "Construction": (10, ("Construction", "Building", "Timber")),
    "Education": (8, ("Academy", "Learning")),
    "Agriculture": (9, ("Farms", "Foods", "Seeds")),
}
COUNTRIES = {
    **{"DE": 24, "NL": 7, "GB": 12, "FR": 7, "AT": 5, "CH": 5, "US": 8, "SE": 3, "DK": 3, "BE": 2},
    **{"PL": 8, "ES": 7, "IT": 7, "IN": 5, "BR": 4, "TR": 4, "CZ": 4},
}
# title -> weight among everybody, weight among those who become prospects
TITLES = {
    "Head of Operations": (6, 18),
    "Operations Manager": (9, 16),
    "Director of Supply Chain": (4, 14),
    "Logistics Manager": (7, 12),
    "Chief Operating Officer": (2, 9),
    "Managing Director": (3, 9),
    "Founder": (3, 4),
    "VP Operations": (1, 6),
    "Warehouse Lead": (6, 4),
    "IT Manager": (6, 4),
    "Order Desk Coordinator": (9, 2),
    "Production Planner": (10, 2),
    "Buyer": (7, 0),
    "Controller": (5, 0),
    "Customer Service Agent": (6, 0),
    "Consultant": (5, 0),
    "Marketing Assistant": (4, 0),
    "Student": (4, 0),
    "Intern": (3, 0),
}
WEBINARS = (
    "Planning a week in an hour",
    "Orders without retyping",
    "Delivery dates you can keep",
    "From spreadsheet to plan",
    "Peak season without overtime",
)
ASSETS = ("Order desk checklist", "Delivery cost calculator", "Buyer's guide to planning", "Template: weekly plan")
PAGES = {
    "early": (
        ("/", "Home"),
        ("/blog/late-deliveries-cost-more-than-you-think/", "Late deliveries cost more than you think"),
        ("/blog/five-signs-your-spreadsheet-is-full/", "Five signs that your spreadsheet is full"),
        ("/blog/what-a-planner-does-all-day/", "What a planner does all day"),
        ("/blog/season-peaks/", "Season peaks without overtime"),
        ("/about/", "About us"),
    ),
    "middle": (
        ("/product/", "Product"),
        ("/product/orders/", "Orders"),
        ("/product/routing/", "Routing"),
        ("/product/integrations/", "Integrations"),
        ("/customers/", "Customer stories"),
        ("/customers/birchfold-foods/", "How Birchfold Foods halved its late orders"),
    ),
    "late": (
        ("/pricing/", "Pricing"),
        ("/pricing/compare/", "Compare plans"),
        ("/product/security/", "Security"),
        ("/customers/osprey-freight/", "Osprey Freight: 40 lorries, one plan"),
        ("/contact/", "Contact"),
    ),
    "job": (("/careers/", "Careers"), ("/careers/software-developer/", "Software developer (f/m/x)")),
}
REFERRERS = (
    "https://search.example/",
    "https://search.example/",
    "https://network.example/feed",
    "https://planners.example/forum",
    "",
)
# criterion -> verdict -> (short answer, what they said)
QUOTES: dict[str, dict[str, list[tuple[str, str]]]] = {
    "budget": {
        "meets": [
            (
                "Approved in this year's plan",
                "It is in this year's plan: {amount} for the first year, signed off in January.",
            ),
            (
                "Paid from what delays cost",
                "Late deliveries cost us about {amount} last year. I can spend that much to stop it.",
            ),
            ("Line item exists", "There is a line of {amount} for planning tools. Nobody has used it yet."),
        ],
        "weak": [
            ("A range, not approved", "Something like {amount} would be thinkable, but nobody has asked finance yet."),
            (
                "Would come from another project",
                "If the scanner project ends early there would be money left, maybe {amount}.",
            ),
        ],
        "fails": [
            ("Nothing this year", "There is nothing left for this year. Ask me again after the new plan."),
            ("Looks for a free tool", "We had hoped for something free, to be honest."),
        ],
    },
    "authority": {
        "meets": [
            (
                "Decides alone up to this size",
                "The last tool of this size I bought myself. My boss only saw the invoice.",
            ),
            ("Brought the decider to the call", "I have asked our managing director to join: she signs, I recommend."),
            ("Decides with finance", "Finance and I decide together. We did the same with the warehouse system."),
        ],
        "weak": [
            ("Prepares the decision", "I collect the offers. Who decides in the end? Probably my manager."),
            ("One of several", "There is a round of five people, I am one of them."),
        ],
        "fails": [("Has no say", "I only wanted to know for myself. I can't order anything here.")],
    },
    "need": {
        "meets": [
            (
                "Orders are typed twice",
                "We type every order into two systems. Last month forty pallets went to the wrong dock.",
            ),
            ("Plan lives in one head", "The plan is in Ina's head, and Ina retires in summer. That keeps me awake."),
            ("Late deliveries", "One delivery in six is late, and two of our three biggest customers have complained."),
            (
                "Overtime in the season",
                "From September on we pay overtime every weekend, because nobody sees the peak coming.",
            ),
        ],
        "weak": [
            ("Curious, no pain yet", "It works with the spreadsheet. It isn't pretty, but it works."),
            ("Only one team", "Perhaps for the spare parts. The rest runs well."),
        ],
        "fails": [("No fit", "We outsource all deliveries. I think we don't need this.")],
    },
    "timeline": {
        "meets": [
            ("Before the season", "It has to run before the season starts. That is {date}."),
            ("Contract of the old tool ends", "The contract of the old system ends on {date}, and we won't extend it."),
            ("New site opens", "The new site opens on {date}. I want to begin there with one system."),
        ],
        "weak": [
            ("Some time this year", "Some time this year. There is no date."),
            ("After another project", "After the warehouse move, so perhaps around {date}."),
        ],
        "fails": [
            ("Not within a year", "Not before the year after next. Until then everybody is busy with the merger.")
        ],
    },
}
FORM_MESSAGES = (
    "We plan deliveries in a spreadsheet and it breaks every Monday. Can you show us how you do it?",
    "How do you connect to the order system that we have? We are about {people} people.",
    "Please call me back about prices for two sites.",
    "A colleague saw your talk. We would like to see a demo with our own data.",
    "We are looking for something before the season starts. What does it take?",
)
REPLIES = (
    "Thanks, that answers my question. Thursday after ten would suit me.",
    "Could you send the same for two sites? We are about to open the second one.",
    "I have forwarded it to our finance lead. She will have questions.",
    "Good summary. What happens to our old data?",
    "Sorry for the silence, it was stocktaking. Yes, let's go on.",
)
CALLS = (
    "Talked for twenty minutes. They retype orders every morning; two people do nothing else.",
    "They have seen two other tools and found both too large.",
    "Asked how they decided the last time: a round with operations and finance, one meeting.",
    "Walked through the weekly plan. They wanted to know who has seen a change, and when.",
    "Short call: they want the numbers in writing before they talk to finance.",
)
MEETINGS = (
    "Demo with their own orders of last week. The dispatcher asked for the print view, the manager for the report.",
    "Workshop on site. Drew the way of an order on the wall; it has eleven stops.",
    "Went through the proposal line by line. Open: training days, start date.",
    "Met the managing director. Her question: what happens in the first thirty days?",
)
NOTES = (
    "Two sites, one more planned. Second site has another order system.",
    "Prefers the phone in the morning, mail after two.",
    "Their fiscal year begins in April.",
    "Knows Osprey Freight and has asked them about us.",
    "IT wants to see the security page before anything else.",
    "Works half days in the school holidays.",
)
FOLLOW_UPS = (
    "Call about the open question on training",
    "Send the proposal for two sites",
    "Ask who signs",
    "Ask for the budget line",
    "Confirm the start date",
    "Send the security answers to IT",
    "Invite to the webinar on delivery dates",
    "Check whether the plan was approved",
    "Call back after stocktaking",
)
NEXT_STEPS = (
    "Send the proposal for two sites",
    "Demo with their own orders",
    "Call the managing director",
    "Security answers to IT",
    "Agree on the start date",
    "Ask finance for the budget line",
    "Send the contract",
)
LOST_NOTES = {
    "no_budget": "The plan was cut by a third in the last round.",
    "no_authority": "Our contact never got us to the person who signs.",
    "no_need": "They have outsourced their deliveries meanwhile.",
    "timing": "Moved behind the merger; perhaps in a year.",
    "competitor": "Took the tool that their parent company uses.",
    "price": "Wanted half of it at a third of the price.",
    "silence": "Five calls and three mails without an answer.",
    "other": "The company was sold.",
}
# why it was lost -> criterion, what we noted, what they said (empty: they said nothing)
LESSONS = {
    "no_budget": ("budget", "Cut from this year's plan", "The plan was cut by a third, and this was in that third."),
    "price": ("budget", "Would pay a third of it", "For a third of the price we would have signed."),
    "timing": (
        "timeline",
        "Not within a year",
        "Not before the year after next. Until then everybody is busy with the merger.",
    ),
    "no_authority": ("authority", "We never reached who signs", ""),
    "competitor": ("need", "Covered by another tool", "We take the one that our parent company uses already."),
    "no_need": ("need", "Deliveries are outsourced now", "A carrier does all of that for us from next month."),
    "silence": ("timeline", "No date any more: no answer to calls and mails", ""),
    "other": ("need", "The company was sold", ""),
}
DISQUALIFIED = (
    "Student looking for material",
    "Works for a competitor",
    "Private person, no company",
    "Asked not to be contacted",
    "Too small: plans for two vans",
    "Sells something to us",
)
TAGS = ("Trade fair", "Partner", "Two sites", "Newsletter only", "Asked for references", "Old customer of Osprey")
