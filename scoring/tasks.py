from celery import shared_task


@shared_task
def rescore(**ids: object) -> None:
    pass
