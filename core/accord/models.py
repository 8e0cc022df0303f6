"""Every model of Accord, for migrations and for whoever needs the whole metadata."""

from __future__ import annotations

from accord.caseload import minor_models as minors
from accord.caseload import models as caseload
from accord.caseload import priority_models as priorities
from accord.caseload import verdict_models as verdicts
from accord.caseload import word_models as words
from accord.detection import models as detection
from accord.grants import models as grants
from accord.ingestion import models as ingestion
from accord.linking import models as linking
from accord.registry import models as registry
from accord.sharing import models as sharing
from accord.sources import models as sources
from accord_auth.audit import models as audit
from accord_auth.directory import models as directory
from accord_auth.factors import models as factors
from accord_auth.invitations import models as invitations
from accord_auth.joining import models as joining
from accord_auth.oauth import models as oauth
from accord_auth.organisations import models as organisations
from accord_auth.people import models as people
from accord_auth.reviews import models as reviews
from accord_auth.sessions import models as sessions
from accord_auth.signals import models as signals
from accord_auth.sso import models as sso
from accord_auth.throttling import models as throttling
from accord_config import queue
from accord_config.database import Base

MODELS = (
    audit,
    caseload,
    detection,
    directory,
    factors,
    grants,
    ingestion,
    invitations,
    joining,
    linking,
    minors,
    oauth,
    organisations,
    people,
    priorities,
    queue,
    registry,
    reviews,
    sessions,
    sharing,
    signals,
    sources,
    sso,
    throttling,
    verdicts,
    words,
)

metadata = Base.metadata
