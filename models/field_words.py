"""What the field says in several ways, for comparing texts: abbreviations, names that changed, near enough the same.

One line for each idea, its name first. Endings do not matter, and a phrase is read before its parts. A word may stand
for several ideas. It widens a search and decides nothing, so a line may be generous. It is meant to grow.
"""

IDEAS = """\
# Who
baby: infant, infancy, newborn, neonate, neonatal, toddler, under two, under one, unborn
child: kid, minor, son, daughter, pupil, student, girl, boy, under 18, under eighteen
adolescent: young person, young people, teenager, teenage, teen, youth, young adult, adolescence
parent: mother, mum, father, dad, carer, parental, maternal, paternal, caregiver, parenthood
father: dad, man, men, male, partner, boyfriend, stepfather, paternal
family: household, home, relative, kin, sibling, brother, sister, grandparent
practitioner: professional, worker, staff, clinician, employee, team, frontline, front line, colleague, personnel
doctor: paediatrician, pediatrician, physician, consultant, registrar, medical, clinician, specialist, medic, paediatric
general practice: gp, gps, general practitioner, family doctor, surgery, surgeries, primary care
health visitor: health visiting, 0 19, 0 19 nursing, public health nurse, universal service, school nurse, \
school nursing
midwife: midwives, midwifery, maternity, antenatal, obstetric, perinatal, postnatal, delivery, labour ward
nurse: nursing, matron
school: teacher, head teacher, head, education, academy, college, lesson, classroom, pupil
designated lead: dsl, designated safeguarding lead, designated teacher
police: officer, constable, constabulary, force, detective
probation: offender manager, licence, community rehabilitation, mappa
social care: csc, children s services, social services, social worker, social work, statutory involvement, \
local authority, council
manager: leader, head of service, director, supervisor, senior
court: proceedings, legal, lawyer, judge, solicitor, pre proceedings, plo, public law outline
partnership: board, lscb, lscp, safeguarding partners, partners, agencies, multi agency, inter agency, joint, jointly
hospital: ward, trust, acute, inpatient, a&e, emergency department, accident and emergency, casualty, trauma
mental health: camhs, psychiatry, psychiatric, psychological, psychosocial, mental, mentally, psychosis, psychologist, \
child and adolescent mental health, depression, wellbeing
housing: landlord, tenancy, eviction, evicted, homeless, homelessness, temporary accommodation
offender: perpetrator, abuser, released, custody, prison, prisoner
faith leader: religious leader, pastor, imam, priest, clergy
interpreter: translator, interpret, translate, translation, language, english, fluent
club: leisure, hall, pitch, premises, lettings, sport, coach, hire, booking
volunteer: voluntary, community group, charity, charities, organisation
partnership arrangements: masa, multi agency safeguarding arrangements
integrated care board: icb, ccg, clinical commissioning group, primary care trust
independent reviewing officer: iro, conference chair, reviewing officer
child death overview panel: cdop, child death review, cdrm

# Meetings, plans and papers
meeting: meet, convene, conference, discussion, gather, conversation, panel, bring together, talk, speak, spoke, spoken
child protection conference: cp conference, icpc, rcpc, initial conference, review conference
strategy discussion: strategy meeting, section 47, s47
core group: core groups
child protection plan: cp plan, cpp, subject to a plan, on plans, on a plan, subject to child protection
child in need: cin, section 17, s17
mash: multi agency safeguarding hub, front door, hub
marac: multi agency risk assessment conference, risk conference
designated officer: lado, local authority designated officer, position of trust, positions of trust
national referral mechanism: nrm
child protection information system: cp is, child protection information sharing
early help: caf, common assessment framework, early intervention, eha, family support, lead professional, team around
practice review: lcspr, cspr, serious case review, scr, rapid review, child practice review
assessment: assess, evaluate, evaluation, examine, examination, screen, screening, look at, review, scrutinise, \
analyse, analysis, analyst, weigh, judge, consider, explore, enquire, enquiry, ask
tool: template, form, checklist, profile, toolkit, scale, questionnaire
graded care profile: gcp, gcp2, neglect assessment tool, neglect toolkit, neglect tool
chronology: timeline, sequence of events, history, significant events
supervision: reflective, reflection, case discussion
report: written contribution, paper
record: note, file, document, folder, entry, log, write, written, register, flag, code, capture, minute
protocol: pathway, policy, policies, procedure, guidance, arrangement, guideline
referral: refer, referrer, report, notify, notification, alert, raise concerns, pass on, pass, tell, told, ring, \
contact, inform
threshold: criteria, trigger, level
transfer: handover, hand over, handed over, move, relocate, transition, forward, pass to
closing: step down, stepped down, close, closure, discharge, sent home, go home, goes home, end
training: train, learning, learn, teach, taught, awareness, remind, know, workshop, programme, briefing, relaunch, \
publicity
audit: dip sample, sample, check, verify, verification, monitor, test, prove, proof
escalation: escalate, challenge, disagreement, dispute, resolution
consent: permission, agree to share, agreement of parents
information sharing: share information, sharing information, data protection, gdpr, intelligence
plan: planning, safety plan, risk management
visit: see, seen, saw, attend
appointment: clinic, outpatient
drift: delay, stall, longer than
lived experience: day in the life, daily life, voice of the child, wishes and feelings, own words, quotation

# What happened to children
was not brought: wnb, did not attend, dna, not brought, missed appointment, misses clinic, non attendance
bruise: mark, injury, injuries, injured, hurt, fracture, wound
not mobile: non mobile, immobile, not yet mobile, pre mobile, roll, crawl, mobile
head injury: abusive head trauma, aht, shaken, shaking, head trauma
crying: cry, colic
sudden unexpected death: sudi, sudic, sudc, sids, cot death, unexpected death, sudden death, sudden unexpected
sleep: safe sleep, safer sleep, co sleeping, bed sharing, sofa, bed, cot
death: die, died, dead, fatal, deceased, bereaved, bereavement
concealed pregnancy: hidden pregnancy, denied pregnancy, late booking, unbooked
pregnancy: pregnant, expecting a baby, trimester, expectant, unborn, pre birth, before the birth
removed: removal, lost care, taken into care, recurrent care
neglect: neglectful, poor care, home conditions
teeth: tooth, dental, dentist, oral, decay, dentistry
obesity: weight, overweight, obese
domestic abuse: domestic violence, dva, domestic incident, violence, violent, coercive, coercion, controlling, \
operation encompass, dash, partner abuse
substance misuse: alcohol, drug, substance, drinking, drunk, opiate, methadone, misuse
medicine: medication, methadone, prescription, tablet, pharmacy, pharmacist, chemist, dispense
locked: lock, lockable, storage, box
self harm: self injury, harmed themselves, harm themselves, overdose, cutting
suicide: suicidal, taken their own life, take their own life, postvention
friend: peer, classmate
online: internet, digital, social media, device, web, cyber
exploitation: cse, cce, exploit, sexual exploitation, criminal exploitation, grooming, groom
county lines: gang, drug running, debt bondage, debt, cuckooing
victim: survivor
missing: runaway, running away, run away, absconded, return home, return interview
independent: impartial, advocate
sexual abuse: csa, intrafamilial, intra familial, incest, sexually abused
sexual assault referral centre: sarc, forensic
retraction: retract, takes it back, withdraws
disclosure: disclose, hint, allegation, allege
harmful sexual behaviour: hsb, sexually harmful, sexual behaviour, aim assessment
disabled: disability, disabilities, special needs, learning difficulties, complex needs, non verbal, impairment
communicate: communication, sign, symbol, speech, intermediary, unheard, heard, hear, voice, listen
residential: children s home, away from home, placement, placing, commissioner, unit
restraint: physical intervention, restrain
home education: ehe, educated at home, educate at home, off roll, off the roll, withdrawn from school
exclusion: exclude, out of school, out of education, suspension, alternative provision
looked after: lac, cla, in care, foster, corporate parent
care leaver: left care, leaving care, personal adviser, pathway plan
private fostering: privately fostered, close relative, non relative
asylum: uasc, unaccompanied, migrant, refugee, separated
trafficking: trafficked, trafficker, modern slavery
photograph: picture, photo, biometric, fingerprint, image
out of area: far from home, mile, distant, distance, new area
another authority: cross boundary, cross border, other authority, neighbouring authority, originating
female genital mutilation: fgm, cut
forced marriage: against their will, honour, one chance
witchcraft: witch, possession, possessed, spirit, faith or belief, belief
race: ethnicity, ethnic, racism, culture, cultural, identity, racial, adultification
bias: stereotype, assumption, assume, prejudice
professional curiosity: disguised compliance, over optimism, optimism, superficial, self report, what parents say
fabricated or induced illness: fii, perplexing, fabricated, induced illness, symptom, unnecessary
treatment: investigation, procedure
coordinate: co ordinate, lead, responsible
knife: stab, serious youth violence, weapon
young carer: caring for a parent, looking after ill, personal care
adult services: adult provision, adult social care, adulthood, eighteen
key worker: named worker, named person
safer recruitment: dbs, disclosure and barring, vetting, employer, employment
resign: leaves, left employment
joint agency response: jar, rapid response, joint response
gift: present, money, cash

# How much, how often, how soon
progress: improvement, improve, better, change, difference, safer
pattern: theme, recurring
early: beforehand, ahead, in advance, prior, before, outset
often: frequent, frequently, periodic, periodically, repeat
at once: 24 hours, twenty four hours, one day, a day, same day, immediate, immediately, prompt, promptly, swift, \
quick, without delay, urgent
two days: 48 hours, forty eight hours, two working days
three days: 72 hours, seventy two hours
week: seven days, weekly, regular, regularly
month: four weeks, 28 days, twenty eight days, monthly
"""
