"""Every answer that verification can give: what it answers, and what it means to a person.

The codes are the stable interface for machines; the two sentences of each are what people read in
the details of a report. A code decides its outcome, so that no report can call a failure a pass.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from badgeservice.errors import BadgeserviceError


class Outcome(StrEnum):
    """How a question was answered. What was not asked, or could not be, is `unknown`."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(StrEnum):
    """The questions of a verification, in the order of Open Badges 3.0 (§8.2 of the standard)."""

    SUBMISSION = "submission"
    """Is there a badge in what was submitted?"""
    PROFILE = "profile"
    """Is it written so that what we read is what was signed, and nothing else?"""
    STRUCTURE = "structure"
    """Is it an Open Badge, with everything that one must say?"""
    PROOF = "proof"
    """Does the issuer stand by it: by a key that it publishes, or by hosting it?"""
    DATES = "dates"
    """Is now within its time?"""
    STATUS = "status"
    """Does the issuer's published list leave it in force?"""
    REGISTER = "register"
    """If it says that we issued it: did we, and what became of it?"""
    ISSUER = "issuer"
    """Who is the issuer to us: ourselves, somebody known, a stranger, or who looks like another?"""


class Code(StrEnum):
    """The answers. Each carries its outcome, and one sentence in French and in English."""

    outcome: Outcome
    french: str
    english: str

    def __new__(
        cls, value: str, outcome: Outcome = Outcome.UNKNOWN, french: str = "", english: str = ""
    ) -> Code:
        """Attach to each value what belongs to it; looking a code up takes its value only."""
        code = str.__new__(cls, value)
        code._value_ = value
        code.outcome, code.french, code.english = outcome, french, english
        return code

    def in_words(self, language: Literal["fr", "en"]) -> str:
        """Return what it means, in one sentence."""
        return self.french if language == "fr" else self.english

    # --- any question
    NOT_ASKED = (
        "not_asked",
        Outcome.UNKNOWN,
        "Non vérifié, car une vérification précédente n'a pas abouti.",
        "Not checked, because an earlier check did not succeed.",
    )

    # --- a verification that was ended from outside; answered in the place of the first question
    INTERRUPTED_BY_TIME = (
        "interrupted_by_time",
        Outcome.UNKNOWN,
        "Vérifier ce badge demandait trop de calculs : nous nous sommes arrêtés avant la fin.",
        "Checking this badge took too much work: we stopped before the end.",
    )
    INTERRUPTED_BY_MEMORY = (
        "interrupted_by_memory",
        Outcome.UNKNOWN,
        "Vérifier ce badge demandait trop de mémoire : nous nous sommes arrêtés avant la fin.",
        "Checking this badge took too much memory: we stopped before the end.",
    )
    INTERRUPTED_BY_FAULT = (
        "interrupted_by_fault",
        Outcome.UNKNOWN,
        "La vérification s'est interrompue par une erreur de notre part, que nous avons notée.",
        "The check broke off through a fault of ours, which we have noted.",
    )

    # --- submission
    BADGE_READ = (
        "badge_read",
        Outcome.PASSED,
        "Un badge a été trouvé et lu.",
        "A badge was found and read.",
    )
    TWO_BADGES_READ = (
        "two_badges_read",
        Outcome.PASSED,
        "L'image contient deux badges, un par norme ; chacun a été lu et vérifié à part.",
        "The image holds two badges, one for each standard; each was read and checked apart.",
    )
    BADGE_REFRESHED = (
        "badge_refreshed",
        Outcome.PASSED,
        "L'émetteur publie une version plus récente de ce badge ; c'est elle qui a été vérifiée.",
        "The issuer publishes a newer version of this badge, and that is the one that was checked.",
    )
    ADDRESS_UNREACHABLE = (
        "address_unreachable",
        Outcome.UNKNOWN,
        "L'adresse n'a pas donné de réponse.",
        "The address gave no answer.",
    )
    EMPTY = (
        "empty",
        Outcome.FAILED,
        "Rien n'a été transmis.",
        "Nothing was submitted.",
    )
    TOO_LARGE = (
        "too_large",
        Outcome.FAILED,
        "C'est trop volumineux pour un badge.",
        "It is too large for a badge.",
    )
    FILE_TYPE_UNSUPPORTED = (
        "file_type_unsupported",
        Outcome.FAILED,
        "Ce type de fichier n'est pas accepté.",
        "This type of file is not accepted.",
    )
    NOT_BAKED = (
        "not_baked",
        Outcome.FAILED,
        "C'est une image ordinaire, sans badge à l'intérieur. Une capture d'écran perd le badge.",
        "It is an ordinary image with no badge inside. A screenshot loses the badge.",
    )
    BAD_IMAGE = (
        "bad_image",
        Outcome.FAILED,
        "L'image est abîmée ou incomplète.",
        "The image is damaged or incomplete.",
    )
    UNSAFE_IMAGE = (
        "unsafe_image",
        Outcome.FAILED,
        "L'image contient des instructions ou des structures que, par prudence, nous n'ouvrons pas.",
        "The image holds instructions or structures that we do not open, to be on the safe side.",
    )
    AMBIGUOUS_IMAGE = (
        "ambiguous_image",
        Outcome.FAILED,
        "L'image contient plusieurs badges ou un badge mal placé ; on ne peut pas savoir lequel lire.",
        "The image holds several badges or a misplaced one; there is no telling which to read.",
    )
    PDF_WITHOUT_BADGE = (
        "pdf_without_badge",
        Outcome.FAILED,
        "Ce PDF n'a pas de badge en pièce jointe. Imprimer ou numériser un document perd le badge.",
        "This PDF has no badge attached. Printing or scanning a document loses the badge.",
    )
    BAD_PDF = (
        "bad_pdf",
        Outcome.FAILED,
        "Le PDF est abîmé, trop complexe ou protégé par un mot de passe.",
        "The PDF is damaged, too complex or protected by a password.",
    )
    AMBIGUOUS_PDF = (
        "ambiguous_pdf",
        Outcome.FAILED,
        "Plusieurs badges sont joints au PDF ; on ne peut pas savoir lequel lire.",
        "Several badges are attached to the PDF; there is no telling which to read.",
    )
    BAD_ENCODING = (
        "bad_encoding",
        Outcome.FAILED,
        "Le texte n'est pas écrit en UTF-8 correct.",
        "The text is not correct UTF-8.",
    )
    BAD_JSON = (
        "bad_json",
        Outcome.FAILED,
        "Le texte ressemble à du JSON, mais n'en est pas.",
        "The text looks like JSON, but is not.",
    )
    BAD_NUMBER = (
        "bad_number",
        Outcome.FAILED,
        "Un nombre est écrit d'une façon que les logiciels ne lisent pas tous de même.",
        "A number is written in a way that not all software reads alike.",
    )
    DUPLICATE_KEY = (
        "duplicate_key",
        Outcome.FAILED,
        "La même information est donnée deux fois ; on ne peut pas savoir laquelle lire.",
        "The same piece of information stands twice; there is no telling which to read.",
    )
    TOO_DEEP = (
        "too_deep",
        Outcome.FAILED,
        "Les données sont imbriquées trop profondément.",
        "The data are nested too deeply.",
    )
    NOT_A_BADGE = (
        "not_a_badge",
        Outcome.FAILED,
        "Aucun badge n'a été trouvé.",
        "No badge was found.",
    )

    # --- profile
    PROFILE_KEPT = (
        "profile_kept",
        Outcome.PASSED,
        "Tout ce qui est écrit est couvert par la signature.",
        "Everything that is written is covered by the signature.",
    )
    OLDER_PROFILE_KEPT = (
        "older_profile_kept",
        Outcome.PASSED,
        "Tout ce qui est écrit est couvert par la signature ; le badge suit la norme de 2019.",
        "Everything that is written is covered by the signature; the badge follows the standard "
        "of 2019.",
    )
    CONTEXT_NOT_ALLOWED = (
        "context_not_allowed",
        Outcome.FAILED,
        "Le fichier redéfinit le sens des mots employés dans un badge.",
        "The file redefines the meaning of the words used in a badge.",
    )
    CONTEXT_UNKNOWN = (
        "context_unknown",
        Outcome.UNKNOWN,
        "Le fichier emploie un vocabulaire que nous ne connaissons pas.",
        "The file uses a vocabulary that we do not know.",
    )
    KEY_NOT_ALLOWED = (
        "key_not_allowed",
        Outcome.FAILED,
        "Une information est écrite sous un nom détourné, qui pourrait la cacher.",
        "A piece of information is written under a disguised name, which could hide it.",
    )
    VALUE_NOT_ALLOWED = (
        "value_not_allowed",
        Outcome.FAILED,
        "Une valeur est vide, ambiguë ou contient des caractères de contrôle.",
        "A value is empty, ambiguous or contains control characters.",
    )
    UNSIGNED_DATA = (
        "unsigned_data",
        Outcome.FAILED,
        "Une partie de ce qui est écrit n'est pas couverte par la signature.",
        "A part of what is written is not covered by the signature.",
    )
    SCATTERED = (
        "scattered",
        Outcome.FAILED,
        "Une information est rangée ailleurs qu'à sa place, où elle passerait inaperçue.",
        "A piece of information stands elsewhere than in its place, where it would go unnoticed.",
    )
    BAD_JSONLD = (
        "bad_jsonld",
        Outcome.FAILED,
        "Les données contredisent les règles de leur propre vocabulaire.",
        "The data contradict the rules of their own vocabulary.",
    )
    TOO_COMPLEX = (
        "too_complex",
        Outcome.UNKNOWN,
        "Le fichier est trop compliqué pour être vérifié.",
        "The file is too complicated to be checked.",
    )
    ENDORSEMENT_UNREADABLE = (
        "endorsement_unreadable",
        Outcome.UNKNOWN,
        "Le badge contient une recommandation d'un tiers écrite d'une façon que nous ne lisons pas.",
        "The badge holds an endorsement by a third party, written in a way that we do not read.",
    )
    TOKEN_MALFORMED = (
        "bad_token",
        Outcome.FAILED,
        "Le fichier signé n'est pas formé correctement.",
        "The signed file is not formed correctly.",
    )

    NOT_AN_OBJECT = (
        "not_an_object",
        Outcome.FAILED,
        "Le fichier signé contient autre chose que des informations nommées.",
        "The signed file holds something other than named pieces of information.",
    )
    LAYOUT_UNKNOWN = (
        "unknown_layout",
        Outcome.UNKNOWN,
        "Le fichier signé suit une norme plus ancienne, que nous ne savons pas lire.",
        "The signed file follows an older standard, which we cannot read.",
    )
    ALGORITHM_NOT_ALLOWED = (
        "alg_not_allowed",
        Outcome.FAILED,
        "La signature emploie un procédé qui n'offre pas de garantie, ou aucun.",
        "The signature uses a method that gives no assurance, or none at all.",
    )
    ALGORITHM_UNSUPPORTED = (
        "alg_unsupported",
        Outcome.UNKNOWN,
        "Le badge est signé avec un algorithme que nous ne savons pas vérifier.",
        "The badge is signed with an algorithm that we cannot check.",
    )
    HEADER_NOT_ALLOWED = (
        "unsupported_header",
        Outcome.FAILED,
        "Le fichier signé porte une instruction que nous refusons de suivre.",
        "The signed file carries an instruction that we refuse to follow.",
    )
    PRIVATE_KEY = (
        "private_key",
        Outcome.FAILED,
        "Le fichier signé contient une clé secrète, qui n'offre donc plus de garantie.",
        "The signed file contains a secret key, which therefore gives no assurance any more.",
    )

    DOCUMENTS_READ = (
        "documents_read",
        Outcome.PASSED,
        "Le badge et les documents auxquels il renvoie ont été lus à leur adresse.",
        "The badge and the documents to which it refers were read at their addresses.",
    )
    NOT_HOSTED = (
        "not_hosted",
        Outcome.FAILED,
        "Le badge se dit publié à une adresse, mais n'en donne pas qui convienne.",
        "The badge says that it is published at an address, but gives none that will do.",
    )
    DOCUMENT_NOT_ADDRESSED = (
        "document_not_addressed",
        Outcome.UNKNOWN,
        "Un document du badge n'est à aucune adresse qu'on puisse interroger en sûreté.",
        "A document of the badge is at no address that can be asked safely.",
    )
    DOCUMENT_UNREACHABLE = (
        "document_unreachable",
        Outcome.UNKNOWN,
        "Un document du badge n'a pas pu être obtenu à son adresse.",
        "A document of the badge could not be had at its address.",
    )
    DOCUMENT_REDIRECTED = (
        "document_redirected",
        Outcome.UNKNOWN,
        "L'adresse d'un document du badge renvoie vers un autre site, que nous ne suivons pas.",
        "The address of a document of the badge leads to another site, which we do not follow.",
    )
    DOCUMENT_UNREADABLE = (
        "document_unreadable",
        Outcome.UNKNOWN,
        "Ce qui se trouve à l'adresse d'un document du badge n'est pas lisible.",
        "What stands at the address of a document of the badge is not readable.",
    )
    DOCUMENT_MISMATCH = (
        "document_mismatch",
        Outcome.FAILED,
        "Ce qui se trouve à l'adresse d'un document du badge dit être un autre document.",
        "What stands at the address of a document of the badge says that it is another document.",
    )

    # --- structure
    CONFORMS = (
        "conforms",
        Outcome.PASSED,
        "Le badge contient tout ce que la norme Open Badges demande.",
        "The badge contains everything that the Open Badges standard asks for.",
    )
    EXTENSION_NOT_CHECKED = (
        "extension_not_checked",
        Outcome.UNKNOWN,
        "Le badge contient un complément propre à son émetteur, que nous ne savons pas vérifier.",
        "The badge holds an addition of its issuer's own, which we cannot check.",
    )
    NOT_AN_OPEN_BADGE = (
        "not_an_open_badge",
        Outcome.FAILED,
        "Ce document est autre chose qu'un badge.",
        "This document is something other than a badge.",
    )
    NOT_AN_ENDORSEMENT = (
        "not_an_endorsement",
        Outcome.FAILED,
        "Ce document est autre chose qu'une recommandation.",
        "This document is something other than an endorsement.",
    )
    ENDORSES_SOMETHING_ELSE = (
        "endorses_something_else",
        Outcome.FAILED,
        "La recommandation porte sur autre chose que ce à quoi elle est attachée.",
        "The endorsement is about something other than what it is attached to.",
    )
    NOT_CONFORMANT = (
        "not_conformant",
        Outcome.FAILED,
        "Il manque au badge une information que la norme Open Badges demande.",
        "The badge lacks a piece of information that the Open Badges standard asks for.",
    )

    # --- proof
    PROVEN = (
        "proven",
        Outcome.PASSED,
        "La signature est celle d'une clé que l'émetteur publie lui-même.",
        "The signature is by a key that the issuer itself publishes.",
    )
    PROVEN_IN_PART = (
        "proven_in_part",
        Outcome.PASSED,
        "Ce qui est montré est signé d'une clé que l'émetteur publie lui-même ; le titulaire "
        "choisit ce qu'il montre.",
        "What is shown is signed by a key that the issuer itself publishes; the holder chooses "
        "what to show.",
    )
    PROVEN_BESIDE_UNKNOWN = (
        "proven_beside_unknown",
        Outcome.PASSED,
        "La signature est celle d'une clé que l'émetteur publie lui-même ; le fichier en porte une "
        "autre, que nous ne savons pas vérifier.",
        "The signature is by a key that the issuer itself publishes; the file carries another one "
        "that we cannot check.",
    )
    HOSTED_BY_ISSUER = (
        "hosted_by_issuer",
        Outcome.PASSED,
        "Le badge est publié à une adresse dont son émetteur répond.",
        "The badge is published at an address that its issuer answers for.",
    )
    HOSTED_OUT_OF_SCOPE = (
        "hosted_out_of_scope",
        Outcome.FAILED,
        "Le badge est publié à une adresse dont l'émetteur indiqué ne répond pas.",
        "The badge is published at an address that the named issuer does not answer for.",
    )
    DIFFERS_FROM_HOSTED = (
        "differs_from_hosted",
        Outcome.FAILED,
        "Le contenu n'est pas celui que l'émetteur publie.",
        "The content is not the one that the issuer publishes.",
    )
    HOSTED_CONTENT_GONE = (
        "hosted_content_gone",
        Outcome.UNKNOWN,
        "L'émetteur ne publie plus le contenu du badge : il n'y a plus rien à comparer.",
        "The issuer no longer publishes the content of the badge: there is nothing to compare.",
    )
    PROOF_MISSING = (
        "proof_missing",
        Outcome.FAILED,
        "Le fichier ne porte aucune signature.",
        "The file carries no signature.",
    )
    PROOF_MALFORMED = (
        "proof_shape",
        Outcome.FAILED,
        "La signature n'est pas formée correctement.",
        "The signature is not formed correctly.",
    )
    PROOF_UNSUPPORTED = (
        "proof_unsupported",
        Outcome.UNKNOWN,
        "Le badge est signé par un procédé que nous ne savons pas vérifier.",
        "The badge is signed by a method that we cannot check.",
    )
    BASE_PROOF = (
        "base_proof",
        Outcome.UNKNOWN,
        "Le fichier est l'original, que son titulaire garde pour lui et dont il tire ce qu'il "
        "montre ; sa signature n'a pas été vérifiée.",
        "The file is the original, which its holder keeps and from which they make what they "
        "show; its signature was not checked.",
    )
    PROOF_PURPOSE = (
        "proof_purpose",
        Outcome.FAILED,
        "La signature n'a pas été faite pour délivrer un badge.",
        "The signature was not made to issue a badge.",
    )
    PROOF_FOR_AN_EXCHANGE = (
        "proof_for_an_exchange",
        Outcome.UNKNOWN,
        "La signature a été faite pour un seul échange, que nous ne pouvons pas refaire.",
        "The signature was made for one exchange, which we cannot repeat.",
    )
    PROOF_NOT_CURRENT = (
        "proof_not_current",
        Outcome.FAILED,
        "La signature est datée du futur, ou sa durée de validité est passée.",
        "The signature is dated in the future, or its time has passed.",
    )
    BAD_SIGNATURE = (
        "bad_signature",
        Outcome.FAILED,
        "La signature ne correspond pas au contenu : l'un des deux a été modifié.",
        "The signature does not match the content: one of the two was changed.",
    )
    CLAIM_MISMATCH = (
        "claim_mismatch",
        Outcome.FAILED,
        "Le fichier signé donne deux versions différentes d'une même information.",
        "The signed file gives two different versions of the same piece of information.",
    )
    ISSUER_MISSING = (
        "issuer_missing",
        Outcome.FAILED,
        "Le badge ne dit pas clairement qui le délivre.",
        "The badge does not say clearly who issues it.",
    )
    BAD_DID = (
        "bad_did",
        Outcome.FAILED,
        "L'identifiant de l'émetteur est mal formé.",
        "The issuer's identifier is malformed.",
    )
    ISSUER_NOT_RESOLVABLE = (
        "issuer_not_resolvable",
        Outcome.UNKNOWN,
        "L'identifiant de l'émetteur est d'un genre que nous ne savons pas interroger.",
        "The issuer's identifier is of a kind that we do not know how to look up.",
    )
    ISSUER_UNREACHABLE = (
        "issuer_unreachable",
        Outcome.UNKNOWN,
        "L'émetteur n'a pas répondu : nous n'avons pas pu lui demander quelles sont ses clés.",
        "The issuer did not answer: we could not ask for its keys.",
    )
    ISSUER_DOCUMENT_UNREADABLE = (
        "issuer_document_unreadable",
        Outcome.UNKNOWN,
        "La réponse de l'émetteur n'est pas lisible.",
        "The issuer's answer is not readable.",
    )
    ISSUER_REDIRECTED = (
        "issuer_redirected",
        Outcome.UNKNOWN,
        "L'adresse de l'émetteur renvoie vers un autre site, que nous ne suivons pas.",
        "The issuer's address leads to another site, which we do not follow.",
    )
    ISSUER_DOCUMENT_MISMATCH = (
        "issuer_document_mismatch",
        Outcome.FAILED,
        "Ce qui se trouve à l'adresse de l'émetteur appartient à quelqu'un d'autre.",
        "What stands at the issuer's address belongs to somebody else.",
    )
    METHOD_NOT_IN_ISSUER_DOCUMENT = (
        "method_not_in_issuer_document",
        Outcome.FAILED,
        "La clé qui a signé n'est pas parmi celles que l'émetteur publie pour ses badges.",
        "The key that signed is not among those that the issuer publishes for its badges.",
    )
    KEY_NOT_BOUND = (
        "key_not_bound_to_issuer",
        Outcome.FAILED,
        "La clé jointe au fichier n'est pas parmi celles que l'émetteur publie.",
        "The key that comes with the file is not among those that the issuer publishes.",
    )
    KEY_NOT_NAMED = (
        "key_not_named",
        Outcome.UNKNOWN,
        "Le fichier ne nomme pas celle des clés de l'émetteur qui l'aurait signé.",
        "The file does not name which of the issuer's keys is said to have signed it.",
    )
    CONTROLLER_MISMATCH = (
        "controller_mismatch",
        Outcome.FAILED,
        "La clé que l'émetteur publie appartient à quelqu'un d'autre.",
        "The key that the issuer publishes belongs to somebody else.",
    )
    METHOD_AMBIGUOUS = (
        "method_ambiguous",
        Outcome.FAILED,
        "L'émetteur décrit la même clé de plusieurs façons.",
        "The issuer describes the same key in several ways.",
    )
    METHOD_TYPE_UNKNOWN = (
        "method_type_unknown",
        Outcome.UNKNOWN,
        "L'émetteur publie sa clé sous une forme que nous ne savons pas lire.",
        "The issuer publishes its key in a form that we cannot read.",
    )
    KEY_EXPIRED = (
        "key_expired",
        Outcome.FAILED,
        "L'émetteur ne répond plus de cette clé : sa durée est passée.",
        "The issuer stands by this key no more: its time has passed.",
    )
    KEY_REVOKED = (
        "key_revoked",
        Outcome.FAILED,
        "L'émetteur ne répond plus de cette clé : il l'a retirée.",
        "The issuer stands by this key no more: it has withdrawn it.",
    )
    KEY_TYPE = (
        "key_type",
        Outcome.FAILED,
        "La clé que l'émetteur publie n'est pas du type qu'emploie cette signature.",
        "The key that the issuer publishes is not of the type that this signature uses.",
    )
    KEY_REFUSED = (
        "bad_key",
        Outcome.FAILED,
        "La clé publiée par l'émetteur n'offre pas de garantie.",
        "The key that the issuer publishes gives no assurance.",
    )

    # --- dates
    CURRENT = (
        "current",
        Outcome.PASSED,
        "Le badge est dans sa période de validité.",
        "The badge is within its time.",
    )
    NOT_YET_VALID = (
        "not_yet_valid",
        Outcome.FAILED,
        "Le badge n'est pas encore valable.",
        "The badge is not valid yet.",
    )
    EXPIRED = (
        "expired",
        Outcome.FAILED,
        "La durée de validité du badge est passée.",
        "The time of the badge has passed.",
    )
    DATES_WRONG = (
        "dates_wrong",
        Outcome.FAILED,
        "Les dates du badge sont illisibles ou se contredisent.",
        "The dates of the badge are unreadable or contradict each other.",
    )

    END_MAY_BE_WITHHELD = (
        "end_may_be_withheld",
        Outcome.UNKNOWN,
        "Le titulaire choisit ce qu'il montre de ce badge ; il a pu taire une date de fin.",
        "The holder chooses what to show of this badge, and may have left out when it ends.",
    )

    # --- status
    NOT_WITHDRAWN = (
        "not_withdrawn",
        Outcome.PASSED,
        "La liste publiée par l'émetteur ne retire pas ce badge.",
        "The list that the issuer publishes does not withdraw this badge.",
    )
    NEWER_ANNOUNCED = (
        "newer_announced",
        Outcome.PASSED,
        "L'émetteur n'a pas retiré ce badge, et annonce qu'il en existe une version plus récente.",
        "The issuer has not withdrawn this badge, and announces that there is a newer version.",
    )
    NO_STATUS = (
        "no_status",
        Outcome.PASSED,
        "L'émetteur n'a pas prévu de moyen de retirer ce badge.",
        "The issuer has provided no way to withdraw this badge.",
    )
    STILL_HOSTED = (
        "still_hosted",
        Outcome.PASSED,
        "Le badge est toujours publié à son adresse, sans mention de retrait.",
        "The badge is still published at its address, with no mention of a withdrawal.",
    )
    REVOKED = (
        "revoked",
        Outcome.FAILED,
        "L'émetteur a retiré ce badge.",
        "The issuer has withdrawn this badge.",
    )
    SUSPENDED = (
        "suspended",
        Outcome.FAILED,
        "L'émetteur a suspendu ce badge.",
        "The issuer has suspended this badge.",
    )
    STATUS_UNREACHABLE = (
        "status_unreachable",
        Outcome.UNKNOWN,
        "La liste des badges retirés n'a pas pu être obtenue.",
        "The list of withdrawn badges could not be had.",
    )
    STATUS_KIND_UNKNOWN = (
        "status_kind_unknown",
        Outcome.UNKNOWN,
        "L'émetteur signale les retraits par un procédé que nous ne savons pas lire.",
        "The issuer announces withdrawals by a method that we cannot read.",
    )
    STATUS_MESSAGE = (
        "status_message",
        Outcome.UNKNOWN,
        "L'émetteur joint à ce badge un message sur son état, que nous ne pouvons pas juger.",
        "The issuer attaches a message on its status to this badge, which we cannot judge.",
    )
    STATUS_ENTRY_MALFORMED = (
        "status_entry_malformed",
        Outcome.UNKNOWN,
        "La place du badge dans la liste des badges retirés n'est pas indiquée correctement.",
        "The badge's place in the list of withdrawn badges is not given correctly.",
    )
    STATUS_LIST_UNTRUSTED = (
        "status_list_untrusted",
        Outcome.UNKNOWN,
        "La liste des badges retirés n'est pas signée par l'émetteur du badge.",
        "The list of withdrawn badges is not signed by the badge's issuer.",
    )
    STATUS_MAY_BE_WITHHELD = (
        "status_may_be_withheld",
        Outcome.UNKNOWN,
        "Le titulaire choisit ce qu'il montre de ce badge ; il a pu taire où l'émetteur dit s'il "
        "l'a retiré.",
        "The holder chooses what to show of this badge, and may have left out where the issuer "
        "tells whether it is withdrawn.",
    )
    STATUS_LIST_NOT_CURRENT = (
        "status_list_not_current",
        Outcome.UNKNOWN,
        "La liste des badges retirés n'est pas à jour.",
        "The list of withdrawn badges is not up to date.",
    )
    STATUS_LIST_OUTDATED = (
        "status_list_outdated",
        Outcome.UNKNOWN,
        "Cette liste des badges retirés est plus ancienne que la dernière publiée.",
        "This list of withdrawn badges is older than the last one published.",
    )
    STATUS_LIST_MALFORMED = (
        "status_list_malformed",
        Outcome.UNKNOWN,
        "La liste des badges retirés n'est pas lisible, ou sert à autre chose.",
        "The list of withdrawn badges is not readable, or serves another purpose.",
    )
    STATUS_LIST_LENGTH = (
        "status_list_length",
        Outcome.UNKNOWN,
        "La liste des badges retirés n'a pas la taille que la norme demande.",
        "The list of withdrawn badges is not of the size that the standard asks for.",
    )
    STATUS_OUT_OF_RANGE = (
        "range_error",
        Outcome.UNKNOWN,
        "La place indiquée n'existe pas dans la liste des badges retirés.",
        "The given place does not exist in the list of withdrawn badges.",
    )

    # --- register
    IN_REGISTER = (
        "in_register",
        Outcome.PASSED,
        "Ce badge figure dans notre registre, avec ce contenu.",
        "This badge stands in our register, with this content.",
    )
    NOT_OURS = (
        "not_ours",
        Outcome.PASSED,
        "Ce badge ne se dit pas délivré par nous.",
        "This badge does not say that we issued it.",
    )
    NOT_IN_REGISTER = (
        "not_in_register",
        Outcome.FAILED,
        "Ce badge se dit délivré par nous, et ne figure pas dans notre registre.",
        "This badge says that we issued it, and does not stand in our register.",
    )
    DIFFERS_FROM_REGISTER = (
        "differs_from_register",
        Outcome.FAILED,
        "Le contenu n'est pas celui que nous avons délivré.",
        "The content is not the one that we issued.",
    )
    SUPERSEDED = (
        "superseded",
        Outcome.FAILED,
        "Une version plus récente remplace ce fichier.",
        "A newer version replaces this file.",
    )
    TRIAL = (
        "trial",
        Outcome.UNKNOWN,
        "Ce badge a été délivré à l'essai, par un site de démonstration.",
        "This badge was issued on trial, by a demonstration site.",
    )
    WITHDRAWN = (
        "withdrawn",
        Outcome.FAILED,
        "Le badge a été retiré du public à la demande de la personne concernée.",
        "The badge was taken from the public at the person's request.",
    )

    # --- issuer
    ISSUER_IS_OURS = (
        "issuer_ours",
        Outcome.PASSED,
        "L'émetteur indiqué, c'est nous.",
        "The named issuer is ourselves.",
    )
    ISSUER_REGISTERED = (
        "issuer_registered",
        Outcome.PASSED,
        "Cet émetteur figure dans notre liste d'émetteurs connus, pour ce badge et pour sa date.",
        "This issuer stands in our list of known issuers, for this badge and for its date.",
    )
    ISSUER_NOT_KNOWN = (
        "issuer_not_known",
        Outcome.UNKNOWN,
        "Nous ne connaissons pas cet émetteur.",
        "We do not know this issuer.",
    )
    ISSUER_OUT_OF_SCOPE = (
        "issuer_out_of_scope",
        Outcome.UNKNOWN,
        "Nous connaissons cet émetteur, mais pas pour ce badge.",
        "We know this issuer, but not for this badge.",
    )
    ISSUER_OUT_OF_TIME = (
        "issuer_out_of_time",
        Outcome.UNKNOWN,
        "Nous connaissons cet émetteur, mais pas à la date de ce badge.",
        "We know this issuer, but not at the date of this badge.",
    )
    ISSUER_KEY_CHANGED = (
        "issuer_key_changed",
        Outcome.UNKNOWN,
        "Nous connaissons cet émetteur, mais la clé qui a signé est nouvelle et n'a pas été confirmée.",
        "We know this issuer, but the key that signed is new and has not been confirmed.",
    )
    IMPERSONATION_SUSPECTED = (
        "impersonation_suspected",
        Outcome.UNKNOWN,
        "Le nom ou l'adresse de l'émetteur ressemble à ceux d'un autre que nous connaissons.",
        "The issuer's name or address resembles those of another that we know.",
    )
    ISSUER_NAME_DISGUISED = (
        "issuer_name_disguised",
        Outcome.UNKNOWN,
        "Le nom de l'émetteur contient des caractères cachés, ou mêle des alphabets qui se ressemblent.",
        "The issuer's name contains hidden characters, or mixes alphabets that look alike.",
    )


class Doubt(BadgeserviceError):
    """A check ends here without a pass.

    `answer` is the code, `message` the fact behind it for the details, `at` the instant that the
    answer speaks of, if any.
    """

    def __init__(self, answer: Code, message: str = "", *, at: datetime | None = None) -> None:
        super().__init__(message, code=answer)
        self.answer, self.at = answer, at
