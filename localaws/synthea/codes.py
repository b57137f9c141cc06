"""The clinical vocabulary: public codes and their words, no comma in any of them.

Source: SNOMED CT (conditions, procedures, encounters, care plans, devices, supplies), RxNorm (medications), LOINC
(observations), CVX (vaccines), DICOM (imaging).
"""

from typing import Final, NamedTuple


class Term(NamedTuple):
    """A code and what it means."""

    code: str
    description: str


class Measure(NamedTuple):
    """Something that is observed: a number between two limits, or one of a few texts."""

    code: str
    description: str
    units: str
    low: float = 0
    high: float = 0
    texts: tuple[str, ...] = ()


def _terms(lines: str) -> tuple[Term, ...]:
    return tuple(Term(*line.split("|")) for line in lines.splitlines())


CONDITIONS: Final = _terms("""\
444814009|Viral sinusitis (disorder)
195662009|Acute viral pharyngitis (disorder)
10509002|Acute bronchitis (disorder)
72892002|Normal pregnancy
162864005|Body mass index 30+ - obesity (finding)
15777000|Prediabetes
59621000|Hypertension
44054006|Diabetes
55822004|Hyperlipidemia
271737000|Anemia (disorder)
40055000|Chronic sinusitis (disorder)
65363002|Otitis media
233604007|Pneumonia
195967001|Asthma
38341003|Hypertensive disorder
53741008|Coronary Heart Disease
22298006|Myocardial Infarction
230690007|Stroke
49436004|Atrial Fibrillation
414545008|Ischemic heart disease
370143000|Major depression disorder
26929004|Alzheimer's disease (disorder)
185086009|Chronic obstructive bronchitis (disorder)
44465007|Sprain of ankle
70704007|Sprain of wrist
65966004|Fracture of forearm
283371005|Laceration of forearm
62106007|Concussion with no loss of consciousness
75498004|Acute bacterial sinusitis (disorder)
43878008|Streptococcal sore throat (disorder)""")

ALLERGIES: Final = _terms("""\
419474003|Allergy to mould
232347008|Dander (animal) allergy
419263009|Allergy to tree pollen
232350006|House dust mite allergy
418689008|Allergy to grass pollen
300913006|Shellfish allergy
300916003|Latex allergy
425525006|Allergy to dairy product
91935009|Allergy to peanuts
424213003|Allergy to bee venom
91934008|Allergy to nut
417532002|Allergy to fish""")

CAREPLANS: Final = _terms("""\
53950000|Respiratory therapy
134435003|Routine antenatal care
698360004|Diabetes self management plan
443402002|Lifestyle education regarding hypertension
91251008|Physical therapy procedure
384758001|Self-care interventions (procedure)
225358003|Wound care
385691007|Fracture care
736376001|Infectious disease care plan (record artifact)
718347000|Mental health care plan""")

DEVICES: Final = _terms("""\
72506001|Implantable defibrillator  device (physical object)
705643001|Coronary artery stent (physical object)
706004007|Implantable cardiac pacemaker (physical object)""")

SUPPLIES: Final = _terms("""\
409534002|Disposable air-purifying respirator (physical object)
469673003|Isolation gown  single-use
464233009|Nitrile examination/treatment glove  non-powdered  sterile
706724001|Surgical face mask  single-use""")

VACCINES: Final = _terms("""\
140|Influenza  seasonal  injectable  preservative free
140|Influenza  seasonal  injectable  preservative free
140|Influenza  seasonal  injectable  preservative free
113|Td (adult) preservative free
133|Pneumococcal conjugate PCV 13
20|DTaP
10|IPV
114|meningococcal MCV4P
08|Hep B  adolescent or pediatric
03|MMR
21|varicella
62|HPV  quadrivalent
121|zoster
83|Hep A  ped/adol  2 dose""")

MEDICATIONS: Final = _terms("""\
313782|Acetaminophen 325 MG Oral Tablet
310965|Ibuprofen 200 MG Oral Tablet
314076|lisinopril 10 MG Oral Tablet
310798|Hydrochlorothiazide 25 MG Oral Tablet
308136|amLODIPine 2.5 MG Oral Tablet
314231|Simvastatin 10 MG Oral Tablet
312961|Simvastatin 20 MG Oral Tablet
860975|24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet
308182|Amoxicillin 250 MG Oral Capsule
562251|Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet
834061|Penicillin V Potassium 250 MG Oral Tablet
849574|Naproxen sodium 220 MG Oral Tablet
197361|Amlodipine 5 MG Oral Tablet
259255|Atorvastatin 80 MG Oral Tablet
309362|Clopidogrel 75 MG Oral Tablet
745679|200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler
895994|120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler
865098|Insulin Lispro 100 UNT/ML Injectable Solution [Humalog]
106892|insulin human  isophane 70 UNT/ML / Regular Insulin  Human 30 UNT/ML Injectable Suspension [Humulin]
705129|Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray""")

PROCEDURES: Final = _terms("""\
430193006|Medication Reconciliation (procedure)
428191000124101|Documentation of current medications
76601001|Intramuscular injection
23426006|Measurement of respiratory function (procedure)
268425006|Pelvis X-ray
399208008|Plain chest X-ray (procedure)
73761001|Colonoscopy
169230002|Ultrasound scan for fetal viability
274804006|Evaluation of uterine fundal height
225158009|Auscultation of the fetal heart
710824005|Assessment of health and social care needs (procedure)
265764009|Renal dialysis (procedure)
288086009|Suture open wound
274474001|Bone immobilization
269911007|Sputum examination (procedure)
180256009|Subcutaneous immunotherapy
433112001|Percutaneous mechanical thrombectomy of portal vein using fluoroscopic guidance
232717009|Coronary artery bypass grafting""")

ENCOUNTERS: Final[tuple[tuple[str, Term], ...]] = (
    ("wellness", Term("162673000", "General examination of patient (procedure)")),
    ("wellness", Term("410620009", "Well child visit (procedure)")),
    ("ambulatory", Term("185345009", "Encounter for symptom")),
    ("ambulatory", Term("185347001", "Encounter for problem (procedure)")),
    ("ambulatory", Term("424441002", "Prenatal initial visit")),
    ("ambulatory", Term("390906007", "Follow-up encounter")),
    ("outpatient", Term("185349003", "Encounter for check up (procedure)")),
    ("outpatient", Term("308335008", "Patient encounter procedure")),
    ("urgentcare", Term("702927004", "Urgent care clinic (procedure)")),
    ("emergency", Term("50849002", "Emergency room admission (procedure)")),
    ("inpatient", Term("183452005", "Encounter Inpatient")),
)

IMAGING: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(line.split("|")) for line in """\
51185008|Thoracic structure (body structure)|CT|Computed Tomography|1.2.840.10008.5.1.4.1.1.2|CT Image Storage
261179002|thoracic|US|Ultrasound|1.2.840.10008.5.1.4.1.1.3.1|Ultrasound Multiframe Image Storage
40983000|Arm|DX|Digital Radiography|1.2.840.10008.5.1.4.1.1.1.1|Digital X-Ray Image Storage
8205005|Wrist|DX|Digital Radiography|1.2.840.10008.5.1.4.1.1.1.1|Digital X-Ray Image Storage
344001|Ankle|DX|Digital Radiography|1.2.840.10008.5.1.4.1.1.1.1|Digital X-Ray Image Storage – for Presentation
51299004|Clavicle|CR|Computed Radiography|1.2.840.10008.5.1.4.1.1.1.1|Digital X-Ray Image Storage""".splitlines()
)  # fmt: skip

MEASURES: Final = (
    Measure("8302-2", "Body Height", "cm", 50, 200),
    Measure("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported", "{score}", 0, 10),
    Measure("29463-7", "Body Weight", "kg", 4, 130),
    Measure("39156-5", "Body Mass Index", "kg/m2", 17, 42),
    Measure("8462-4", "Diastolic Blood Pressure", "mm[Hg]", 65, 105),
    Measure("8480-6", "Systolic Blood Pressure", "mm[Hg]", 95, 170),
    Measure("8867-4", "Heart rate", "/min", 55, 110),
    Measure("9279-1", "Respiratory rate", "/min", 11, 19),
    Measure("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 3.5, 11),
    Measure("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 3.9, 5.6),
    Measure("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 11, 18),
    Measure("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 33, 50),
    Measure("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 140, 420),
    Measure("2339-0", "Glucose", "mg/dL", 65, 180),
    Measure("6299-2", "Urea Nitrogen", "mg/dL", 7, 25),
    Measure("38483-4", "Creatinine", "mg/dL", 0.5, 4),
    Measure("2947-0", "Sodium", "mmol/L", 135, 146),
    Measure("6298-4", "Potassium", "mmol/L", 3.5, 5.3),
    Measure("2093-3", "Total Cholesterol", "mg/dL", 150, 270),
    Measure("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 4, 9),
    Measure(
        "72166-2",
        "Tobacco smoking status NHIS",
        "{nominal}",
        texts=("Never smoker", "Former smoker", "Current every day smoker"),
    ),
    Measure(
        "5804-0",
        "Protein [Mass/volume] in Urine by Test strip",
        "{nominal}",
        texts=("Urine protein test = +", "Urine protein test = ++", "Urine protein negative"),
    ),
)

LIFE_SCORES: Final = (
    Measure("QALY", "QALY", "a", 0, 80),
    Measure("DALY", "DALY", "a", 0, 30),
    Measure("QOLS", "QOLS", "{score}", 0, 1),
)
"""Yearly values of Synthea outside any encounter: the rows of ``observations`` with an empty ENCOUNTER."""
