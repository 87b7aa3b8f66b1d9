"""Every exception that badgeservice raises on purpose.

An error carries a stable machine `code`, so that nobody tells errors apart by their wording, and a
sentence that names the offending thing, never a secret. This module knows no HTTP: `web` maps
errors to answers.
"""

from __future__ import annotations


class BadgeserviceError(Exception):
    """The root: catch it at the edge, and only there."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


# --- settings and start-up -----------------------------------------------------------------------


class SettingsError(BadgeserviceError):
    """A setting is missing, malformed or unsafe; the service does not start."""

    code = "settings"


# --- storage -------------------------------------------------------------------------------------


class StorageUnavailable(BadgeserviceError):
    """The database is away or locked, or has no room; what was begun is undone."""

    code = "storage_unavailable"


class PublicationDamaged(BadgeserviceError):
    """What was published is not what was signed; rather nothing is shown."""

    code = "publication_damaged"


class HolderErased(BadgeserviceError):
    """The key that opened a holder's data has been destroyed, and the data with it."""

    code = "holder_erased"


class ErasureLedgerDamaged(BadgeserviceError):
    """The ledger of erasures was changed, or a line of it is no entry."""

    code = "erasure_ledger_damaged"


class StateLedgerDamaged(BadgeserviceError):
    """The ledger of what became of badges was changed, or a line of it is no entry."""

    code = "state_ledger_damaged"


class SealBroken(BadgeserviceError):
    """Sealed bytes do not open under the holder's key: damaged, or moved from another place."""

    code = "seal_broken"


# --- jobs ----------------------------------------------------------------------------------------


class JobNotFound(BadgeserviceError):
    """The asker has no job of this id."""

    code = "job_not_found"


class JobRefused(BadgeserviceError):
    """A task cannot do what its arguments ask for, however often it is tried; its code says why."""

    code = "job_refused"


class LeaseLost(BadgeserviceError):
    """Another worker has the job by now; what this one had not committed is undone."""

    code = "lease_lost"


class HandedBack(BadgeserviceError):
    """The worker must stop; the job is put back and goes on from what is committed."""

    code = "handed_back"


# --- catalogue -----------------------------------------------------------------------------------


class CatalogueError(BadgeserviceError):
    """A framework, class or published version is not what it must be; names file, line and field."""

    code = "catalogue"


class BadgeClassNotFound(CatalogueError):
    """No published badge class has this name."""

    code = "badge_class_not_found"


class ArtworkError(CatalogueError):
    """A drawing cannot be made: unsafe, too large, or its words do not fit."""

    code = "artwork"


# --- learning ------------------------------------------------------------------------------------


class ModuleRefused(BadgeserviceError):
    """The files of a module break a rule; one sentence a line, each naming file and field."""

    code = "module_refused"


class ModuleNotFound(BadgeserviceError):
    """No sound module, or no picture of it, has this name."""

    code = "module_not_found"


class AttemptNotFound(BadgeserviceError):
    """A person has no such attempt, or the attempt no such question."""

    code = "attempt_not_found"


class AttemptClosed(BadgeserviceError):
    """The attempt has been sent, or its seven days are over; nothing was changed."""

    code = "attempt_closed"


class AttemptRefused(BadgeserviceError):
    """A new attempt cannot start now: too early, or another one comes first."""

    code = "attempt_refused"


class AnswerRefused(BadgeserviceError):
    """What was sent is not an answer to this question; what was saved before still is."""

    code = "answer_refused"


# --- evidence ------------------------------------------------------------------------------------


class EvidenceRefused(BadgeserviceError):
    """What a source claims cannot be evidence, or recorded evidence would be written over."""

    code = "evidence_refused"


class EvidenceConflict(EvidenceRefused):
    """The source has already reported this deed, and said something else about it."""

    code = "evidence_conflict"


class EvidenceNotFound(BadgeserviceError):
    """There is no evidence of this id."""

    code = "evidence_not_found"


class TableRefused(BadgeserviceError):
    """A file is no table of results, or not one that can be read whole; nothing of it is kept.

    `line` and `column` say where, and `value` what stands there: personal data, which the sentence
    never repeats.
    """

    code = "unreadable"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        line: int = 0,
        column: str = "",
        value: str = "",
    ) -> None:
        super().__init__(message, code=code)
        self.line, self.column, self.value = line, column, value


class AgreementRefused(BadgeserviceError):
    """What a partner is to be allowed cannot be: the file or the argument says otherwise."""

    code = "agreement_refused"


# --- awarding ------------------------------------------------------------------------------------


class RuleRefused(BadgeserviceError):
    """A rule cannot be read; one sentence a line, each naming file and field."""

    code = "rule_refused"


# --- issuing -------------------------------------------------------------------------------------


class KeyFileError(BadgeserviceError):
    """A signing key or its registry is missing, damaged or unsafe; the sentence says how to mend."""

    code = "key_file"


class KeyChangeRefused(BadgeserviceError):
    """A key cannot be retired or marked like this; nothing was changed."""

    code = "key_change_refused"


class SigningRefused(BadgeserviceError):
    """The signer does not sign this: the document breaks a rule, or is not for this purpose."""

    code = "signing_refused"


class ClockWentBack(SigningRefused):
    """The last signature was made later than now; nothing is signed until one of them is right."""

    code = "clock_went_back"


class SigningLogDamaged(BadgeserviceError):
    """The signer's log holds something that the signer did not write, or not to the end."""

    code = "signing_log_damaged"


class IssuingRefused(BadgeserviceError):
    """A badge cannot be issued: no offer, another person's offer, or a choice out of range."""

    code = "issuing_refused"


class OfferClosed(IssuingRefused):
    """The offer was declined, or taken back because what it rested on no longer stands."""

    code = "offer_closed"


class IssuingHalted(BadgeserviceError):
    """The operator has stopped issuing; what was accepted is kept, and is signed afterwards."""

    code = "issuing_halted"


class RuleNotMet(IssuingRefused):
    """The evidence held does not earn this badge; the sentence says what is missing."""

    code = "rule_not_met"


class AlreadyHeld(BadgeserviceError):
    """A person holds a badge of this class, and it is in force."""

    code = "already_held"


class LibraryUnlisted(BadgeserviceError):
    """A library is installed without a list of its files, from which the offline kit is made."""

    code = "library_unlisted"


class CredentialNotFound(BadgeserviceError):
    """No badge of ours has this identifier."""

    code = "credential_not_found"


class ConflictingChange(BadgeserviceError):
    """Someone else changed the same thing first; nothing was done, and trying again is right."""

    code = "conflicting_change"


# --- openbadges ----------------------------------------------------------------------------------


class UnreadableJSON(BadgeserviceError):
    """Bytes that are not JSON, or that two JSON parsers could read in two ways."""

    code = "bad_json"


class BadEncoding(BadgeserviceError):
    """Text that is not the canonical base58btc or base64url form of any bytes."""

    code = "bad_encoding"


class KeyRefused(BadgeserviceError):
    """A public key that must never be believed: malformed, not on its curve, or of small order."""

    code = "bad_key"


class BadSignature(BadgeserviceError):
    """The signature is not by this key over these bytes."""

    code = "bad_signature"


class BadTimestamp(BadgeserviceError):
    """Text that is not an instant: no zone, an impossible date, or another notation."""

    code = "bad_timestamp"


class ContextChanged(BadgeserviceError):
    """A vendored JSON-LD context is not the one whose SHA-256 is pinned; nothing can be signed."""

    code = "context_changed"


class UnknownContext(BadgeserviceError):
    """A document names a JSON-LD context that is not among the pinned ones; nothing is fetched."""

    code = "context_unknown"


class BadLinkedData(BadgeserviceError):
    """A document breaks the rules of JSON-LD itself."""

    code = "bad_jsonld"


class DataLoss(BadgeserviceError):
    """A part of the document would not be covered by the signature (DATA_LOSS_DETECTION_ERROR)."""

    code = "unsigned_data"


class TooComplex(BadgeserviceError):
    """Canonicalization would take more work than the budget allows: a poison graph."""

    code = "too_complex"


class ProofInvalid(BadgeserviceError):
    """The proof does not show that the key's holder signed this document."""

    code = "proof_invalid"


class DIDRefused(BadgeserviceError):
    """A decentralized identifier that is malformed, or of a method that is not understood."""

    code = "bad_did"


class MethodRefused(BadgeserviceError):
    """The controller document does not let this key speak for the controller."""

    code = "method_refused"


class MethodNotListed(MethodRefused):
    """The controller document does not list the verification method for this purpose."""

    code = "method_not_in_issuer_document"


class StatusListRefused(BadgeserviceError):
    """A status list that cannot be read, or an index outside of it."""

    code = "status_list_malformed"


class ImageRefused(BadgeserviceError):
    """A file that is not an image we bake into or unbake from."""

    code = "bad_image"


class NotBaked(ImageRefused):
    """The image is sound and carries no badge."""

    code = "not_baked"


class AmbiguousImage(ImageRefused):
    """The image carries more than one candidate for the badge, or one in an odd place."""

    code = "ambiguous_image"


# --- verification --------------------------------------------------------------------------------


class Unreadable(BadgeserviceError):
    """There is no badge in what was submitted, or none that can be read; says what was found."""

    code = "not_a_badge"


class FetchFailed(BadgeserviceError):
    """A document could not be had: no answer, or an address that may not be asked."""

    code = "unreachable"


class VerifierBusy(BadgeserviceError):
    """Too many verifications at once; nothing was done, and trying again in a moment is right."""

    code = "verifier_busy"


class ListRefused(BadgeserviceError):
    """A list of badges is too long, empty or no table; nothing of it was verified."""

    code = "list_refused"


class DocumentsError(BadgeserviceError):
    """A folder of documents that stands for the network has a faulty index."""

    code = "documents"


class EndorsementRefused(BadgeserviceError):
    """An endorsement cannot be given, or one that was received cannot be relied on; it says why."""

    code = "endorsement_refused"


class SelfCheckFailed(BadgeserviceError):
    """A badge that we had just signed is not green to our own verifier; it was not released."""

    code = "self_check_failed"


# --- people and mail -----------------------------------------------------------------------------


class InvalidEmail(BadgeserviceError):
    """What was typed is not a mail address that we can write to; the code says what is wrong."""

    code = "email_malformed"


class InvalidName(BadgeserviceError):
    """What was typed cannot be shown as a person's name; the code says what is wrong."""

    code = "name_malformed"


class PersonNotFound(BadgeserviceError):
    """Nobody is known by this mail address."""

    code = "person_not_found"


class OrganisationNotFound(BadgeserviceError):
    """No organisation has this short name here."""

    code = "organisation_not_found"


class ApiKeyRefused(BadgeserviceError):
    """No key of ours, or one that is revoked, expired, or not for this; which is not said."""

    code = "api_key_refused"


class ApiKeyForbids(BadgeserviceError):
    """An active key of ours that is not for this."""

    code = "api_key_forbids"


class ApiKeyLimit(BadgeserviceError):
    """A key cannot be made like this: two are active already, or it would live too long."""

    code = "api_key_limit"


class ResultListNotFound(BadgeserviceError):
    """The partner has uploaded no such list, it was forgotten since, or there is no such partner."""

    code = "result_list_not_found"


class ResultListChanged(BadgeserviceError):
    """The list, or a line of it, is not what the page showed: it was sent, corrected or left out."""

    code = "result_list_changed"


class SignInRefused(BadgeserviceError):
    """The link or code opens nothing: unknown, used, too old, or tried too often.

    Which of these it was is not said, so that nobody learns from it whether an account exists.
    """

    code = "sign_in_refused"


class TooManySignInRequests(BadgeserviceError):
    """The address has asked for as many links as an hour allows, with or without an account."""

    code = "too_many_sign_in_requests"


class MailNotSent(BadgeserviceError):
    """The mail server could not be reached, or did not take the mail; trying later is right."""

    code = "mail_not_sent"


class MailDeferred(MailNotSent):
    """The mail server does not take this mail at this moment; it may well take others."""

    code = "mail_deferred"


class RecipientRefused(MailNotSent):
    """The mail server says that it cannot deliver to this address; trying again is useless."""

    code = "recipient_refused"


# --- known issuers -------------------------------------------------------------------------------


class IssuerListRefused(BadgeserviceError):
    """A list of known issuers cannot be read, is not signed by its publisher, or is an older one."""

    code = "issuer_list_refused"


class IssuerListNotFound(BadgeserviceError):
    """No such list is followed, or no such key was seen."""

    code = "issuer_list_not_found"


# --- operations ----------------------------------------------------------------------------------


class BackupFailed(BadgeserviceError):
    """A backup could not be made or put back; the sentence is that of the tool that failed."""

    code = "backup_failed"


class BackupRefused(BadgeserviceError):
    """A file is no backup, is damaged, or belongs to another installation; nothing was changed."""

    code = "backup_refused"


class RestoreRefused(BadgeserviceError):
    """A backup is not put back as things are; the sentence says what is missing or in the way."""

    code = "restore_refused"


# --- requests of programs ------------------------------------------------------------------------


class RequestRefused(BadgeserviceError):
    """What a program sent can be read and is not a request; the sentence names what to mend."""

    code = "request_refused"


class SubmissionConflict(RequestRefused):
    """The same idempotency key was used before, with another content."""

    code = "idempotency_key_reused"


class SubmissionNotFound(BadgeserviceError):
    """The organisation has sent no such submission, or it was forgotten since."""

    code = "submission_not_found"


class RequestUnreadable(RequestRefused):
    """What a program sent cannot be read at all, or could be read in two ways."""

    code = "bad_json"


# --- a site that is frozen -----------------------------------------------------------------------


class FreezeRefused(BadgeserviceError):
    """The folder holds something else, or another freeze is at work on it."""

    code = "freeze_refused"


class FreezeInterrupted(BadgeserviceError):
    """An address gave an answer that cannot be frozen; what stood in the folder still stands."""

    code = "freeze_interrupted"
