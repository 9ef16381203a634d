from celery import shared_task


@shared_task
def promote(contact_id: int) -> None:
    pass
