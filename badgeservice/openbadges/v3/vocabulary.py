"""The classes of Open Badges 3.0 as data: which members, required or not, of what kind.

Source: Open Badges 3.0 (document 1.4.5), appendix B; the enumerations are verbatim.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from badgeservice.openbadges import contexts

CONTEXT = [contexts.CREDENTIALS_V2, contexts.OPEN_BADGES_V3]
"""The contexts of a badge, in the order that the standard fixes."""

EXTENSION_TYPES = {
    "1EdTechJsonSchemaValidator2019",
    "1EdTechRevocationList",
    "1EdTechCredentialRefresh",
}
"""Types that mean nothing unless the extensions context is named as well."""


VOCABULARY = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
"""What the addresses of the terms of Open Badges begin with."""

HOMONYMS = {
    "Achievement": "achievement",
    "Address": "address",
    "Criteria": "criteria",
    "GeoCoordinates": "geo",
    "Image": "image",
    "Profile": "creator",
}
"""Classes that are one term with a member, in one edition of the context or another."""


class Kind(StrEnum):
    """What a member may hold; a class name stands for an object of that class."""

    TEXT = "text"
    ADDRESS = "address"  # an absolute URI
    WEB_ADDRESS = "web address"  # http or https
    INSTANT = "instant"
    DATE = "date"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LANGUAGE = "language"
    EMAIL = "e-mail address"
    PHONE = "telephone number"
    COUNTRY = "country code"
    COMPACT_JWS = "compact JWS"
    ACHIEVEMENT_TYPE = "achievementType"
    TARGET_TYPE = "targetType"
    IDENTIFIER_TYPE = "identifierType"
    RESULT_TYPE = "resultType"
    RESULT_STATUS = "status"
    INDEX = "index"  # of a status list
    OBJECT = "object"  # of a class that is looked at elsewhere


class Member(NamedTuple):
    """A member of a class: its kind or class, whether it must be there, whether it is an array."""

    kind: str
    required: bool = False
    many: bool = False


class Class(NamedTuple):
    """A class: its members, and how `type` names it.

    `type_is_text` means that `type` is one string and not an array; `closed` that no other members
    are allowed; `typed` is False for the one class without `type`.
    """

    members: dict[str, Member]
    type_is_text: bool = False
    closed: bool = False
    typed: bool = True


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENUMERATIONS = {
    Kind.ACHIEVEMENT_TYPE: _words(
        "Achievement ApprenticeshipCertificate Assessment Assignment AssociateDegree Award Badge"
        " BachelorDegree Certificate CertificateOfCompletion Certification CommunityService"
        " Competency Course CoCurricular Degree Diploma DoctoralDegree Fieldwork"
        " GeneralEducationDevelopment JourneymanCertificate LearningProgram License Membership"
        " ProfessionalDoctorate QualityAssuranceCredential MasterCertificate MasterDegree"
        " MicroCredential ResearchDoctorate SecondarySchoolDiploma"
    ),
    Kind.TARGET_TYPE: _words(
        "ceasn:Competency ceterms:Credential CFItem CFRubric CFRubricCriterion"
        " CFRubricCriterionLevel CTDL"
    ),
    Kind.IDENTIFIER_TYPE: _words(
        "name sourcedId systemId productId userName accountId emailAddress nationalIdentityNumber"
        " isbn issn lisSourcedId oneRosterSourcedId sisSourcedId ltiContextId ltiDeploymentId"
        " ltiToolId ltiPlatformId ltiUserId identifier"
    ),
    Kind.RESULT_TYPE: _words(
        "GradePointAverage LetterGrade Percent PerformanceLevel PredictedScore RawScore Result"
        " RubricCriterion RubricCriterionLevel RubricScore ScaledScore Status"
    ),
    Kind.RESULT_STATUS: _words("Completed Enrolled Failed InProgress OnHold Provisional Withdrew"),
}

CLOSED_ENUMERATIONS = {Kind.RESULT_STATUS}
"""Enumerations that `ext:…` does not extend."""


def _required(kind: str, *, many: bool = False) -> Member:
    return Member(kind, required=True, many=many)


def _many(kind: str) -> Member:
    return Member(kind, many=True)


_TEXT = Member(Kind.TEXT)

CLASSES = {
    "OpenBadgeCredential": Class(
        {
            "id": _required(Kind.ADDRESS),
            "issuer": _required("Profile"),
            "validFrom": _required(Kind.INSTANT),
            "credentialSubject": _required("AchievementSubject"),
            "name": _TEXT,
            "description": _TEXT,
            "image": Member("Image"),
            "awardedDate": Member(Kind.INSTANT),
            "validUntil": Member(Kind.INSTANT),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many(Kind.COMPACT_JWS),
            "evidence": _many("Evidence"),
            "proof": _many(Kind.OBJECT),
            "credentialSchema": _many("CredentialSchema"),
            "credentialStatus": Member("CredentialStatus"),
            "refreshService": Member("RefreshService"),
            "termsOfUse": _many("TermsOfUse"),
        }
    ),
    "EndorsementCredential": Class(
        {
            "id": _required(Kind.ADDRESS),
            "name": _required(Kind.TEXT),
            "issuer": _required("Profile"),
            "validFrom": _required(Kind.INSTANT),
            "credentialSubject": _required("EndorsementSubject"),
            "description": _TEXT,
            "awardedDate": Member(Kind.INSTANT),
            "validUntil": Member(Kind.INSTANT),
            "proof": _many(Kind.OBJECT),
            "credentialSchema": _many("CredentialSchema"),
            "credentialStatus": Member("CredentialStatus"),
            "refreshService": Member("RefreshService"),
            "termsOfUse": _many("TermsOfUse"),
        }
    ),
    "EndorsementSubject": Class({"id": _required(Kind.ADDRESS), "endorsementComment": _TEXT}),
    "AchievementSubject": Class(
        {
            "achievement": _required("Achievement"),
            "id": Member(Kind.ADDRESS),
            "identifier": _many("IdentityObject"),
            "activityStartDate": Member(Kind.INSTANT),
            "activityEndDate": Member(Kind.INSTANT),
            "creditsEarned": Member(Kind.NUMBER),
            "image": Member("Image"),
            "licenseNumber": _TEXT,
            "narrative": _TEXT,
            "result": _many("Result"),
            "role": _TEXT,
            "source": Member("Profile"),
            "term": _TEXT,
        }
    ),
    "Achievement": Class(
        {
            "id": _required(Kind.ADDRESS),
            "name": _required(Kind.TEXT),
            "description": _required(Kind.TEXT),
            "criteria": _required("Criteria"),
            "achievementType": Member(Kind.ACHIEVEMENT_TYPE),
            "alignment": _many("Alignment"),
            "creator": Member("Profile"),
            "creditsAvailable": Member(Kind.NUMBER),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many(Kind.COMPACT_JWS),
            "fieldOfStudy": _TEXT,
            "humanCode": _TEXT,
            "image": Member("Image"),
            "inLanguage": Member(Kind.LANGUAGE),
            "otherIdentifier": _many("IdentifierEntry"),
            "related": _many("Related"),
            "resultDescription": _many("ResultDescription"),
            "specialization": _TEXT,
            "tag": _many(Kind.TEXT),
            "version": _TEXT,
        }
    ),
    "Criteria": Class({"id": Member(Kind.ADDRESS), "narrative": _TEXT}, typed=False),
    "Image": Class(
        {"id": _required(Kind.ADDRESS), "caption": _TEXT}, type_is_text=True, closed=True
    ),
    "Alignment": Class(
        {
            "targetName": _required(Kind.TEXT),
            "targetUrl": _required(Kind.WEB_ADDRESS),
            "id": Member(Kind.ADDRESS),
            "targetCode": _TEXT,
            "targetDescription": _TEXT,
            "targetFramework": _TEXT,
            "targetType": Member(Kind.TARGET_TYPE),
        }
    ),
    "ResultDescription": Class(
        {
            "id": _required(Kind.ADDRESS),
            "name": _required(Kind.TEXT),
            "resultType": _required(Kind.RESULT_TYPE),
            "alignment": _many("Alignment"),
            "allowedValue": _many(Kind.TEXT),
            "requiredLevel": Member(Kind.ADDRESS),
            "requiredValue": _TEXT,
            "rubricCriterionLevel": _many("RubricCriterionLevel"),
            "valueMin": _TEXT,
            "valueMax": _TEXT,
        }
    ),
    "RubricCriterionLevel": Class(
        {
            "id": _required(Kind.ADDRESS),
            "name": _required(Kind.TEXT),
            "alignment": _many("Alignment"),
            "description": _TEXT,
            "level": _TEXT,
            "points": _TEXT,
        }
    ),
    "Result": Class(
        {
            "id": Member(Kind.ADDRESS),
            "achievedLevel": Member(Kind.ADDRESS),
            "alignment": _many("Alignment"),
            "resultDescription": Member(Kind.ADDRESS),
            "status": Member(Kind.RESULT_STATUS),
            "value": _TEXT,
        }
    ),
    "Evidence": Class(
        {
            "id": Member(Kind.ADDRESS),
            "name": _TEXT,
            "narrative": _TEXT,
            "description": _TEXT,
            "genre": _TEXT,
            "audience": _TEXT,
        }
    ),
    "IdentityObject": Class(
        {
            "hashed": _required(Kind.BOOLEAN),
            "identityHash": _required(Kind.TEXT),
            "identityType": _required(Kind.IDENTIFIER_TYPE),
            "salt": _TEXT,
        },
        type_is_text=True,
        closed=True,
    ),
    "IdentifierEntry": Class(
        {
            "identifier": _required(Kind.TEXT),
            "identifierType": _required(Kind.IDENTIFIER_TYPE),
        },
        type_is_text=True,
        closed=True,
    ),
    "Profile": Class(
        {
            "id": _required(Kind.ADDRESS),
            "name": _TEXT,
            "url": Member(Kind.WEB_ADDRESS),
            "phone": Member(Kind.PHONE),
            "description": _TEXT,
            "email": Member(Kind.EMAIL),
            "image": Member("Image"),
            "address": Member("Address"),
            "otherIdentifier": _many("IdentifierEntry"),
            "official": _TEXT,
            "parentOrg": Member("Profile"),
            "endorsement": _many("EndorsementCredential"),
            "endorsementJwt": _many(Kind.COMPACT_JWS),
            "familyName": _TEXT,
            "givenName": _TEXT,
            "additionalName": _TEXT,
            "patronymicName": _TEXT,
            "honorificPrefix": _TEXT,
            "honorificSuffix": _TEXT,
            "familyNamePrefix": _TEXT,
            "dateOfBirth": Member(Kind.DATE),
        }
    ),
    "Address": Class(
        {
            "addressCountry": _TEXT,
            "addressCountryCode": Member(Kind.COUNTRY),
            "addressRegion": _TEXT,
            "addressLocality": _TEXT,
            "streetAddress": _TEXT,
            "postOfficeBoxNumber": _TEXT,
            "postalCode": _TEXT,
            "geo": Member("GeoCoordinates"),
        }
    ),
    "GeoCoordinates": Class(
        {"latitude": _required(Kind.NUMBER), "longitude": _required(Kind.NUMBER)},
        type_is_text=True,
    ),
    "Related": Class(
        {
            "id": _required(Kind.ADDRESS),
            "inLanguage": Member(Kind.LANGUAGE),
            "version": _TEXT,
        }
    ),
    "BitstringStatusListEntry": Class(
        {
            "id": Member(Kind.ADDRESS),
            "statusPurpose": _required(Kind.TEXT),
            "statusListIndex": _required(Kind.INDEX),
            "statusListCredential": _required(Kind.ADDRESS),
        },
        type_is_text=True,
    ),
    "CredentialStatus": Class({"id": Member(Kind.ADDRESS)}, type_is_text=True),
    "CredentialSchema": Class({"id": _required(Kind.WEB_ADDRESS)}, type_is_text=True),
    "RefreshService": Class({"id": _required(Kind.WEB_ADDRESS)}, type_is_text=True),
    "TermsOfUse": Class({"id": Member(Kind.ADDRESS)}, type_is_text=True),
    "BitstringStatusListCredential": Class(
        {
            "id": _required(Kind.ADDRESS),
            "issuer": _required(Kind.ADDRESS),
            "validFrom": _required(Kind.INSTANT),
            "credentialSubject": _required("BitstringStatusList"),
            "name": _TEXT,
            "description": _TEXT,
            "validUntil": Member(Kind.INSTANT),
        }
    ),
    "BitstringStatusList": Class(
        {
            "id": Member(Kind.ADDRESS),
            "statusPurpose": _required(Kind.TEXT),
            "encodedList": _required(Kind.TEXT),
            "ttl": Member(Kind.NUMBER),
        },
        type_is_text=True,
    ),
}

ANY_TYPE = {"CredentialStatus", "CredentialSchema", "RefreshService", "TermsOfUse"}
"""Classes whose `type` names the method and not the class."""
