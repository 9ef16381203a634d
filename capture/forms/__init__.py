"""What is asked on pages."""

from capture.forms.lead import TRAP, LeadForm
from capture.forms.settings import FormSettings, NewForm, SpamForm
from capture.forms.sites import SiteSettings
from capture.forms.uploads import ListUpload

__all__ = ["TRAP", "FormSettings", "LeadForm", "ListUpload", "NewForm", "SiteSettings", "SpamForm"]
