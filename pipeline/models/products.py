from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class Product(models.Model):
    """Something that we sell, at its usual price."""

    name = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    unit_price = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    is_active = models.BooleanField(default=True, help_text="Else it is not offered; lines that name it stay.")

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(Lower("code"), name="product_code_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="product_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name
