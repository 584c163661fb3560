"""Amazon Simple Queue Service: queues that lose nothing, standard and FIFO.

    service.py      the service object, and the ARNs that its calls concern
    records.py      what is stored
    tables.py       under which keys
    rules/          what AWS documents, as pure functions and numbers
    mailbox.py      the life of a message: the one place that moves it
    lanes.py        visible messages, and whose turn it is
    quotas.py       how many calls a FIFO queue takes
    operations/     the 23 operations
    controllers.py  what happens without a call

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html
"""

from gureum.services.sqs.controllers import controllers as controllers
from gureum.services.sqs.operations import access as access
from gureum.services.sqs.operations import batches as batches
from gureum.services.sqs.operations import messages as messages
from gureum.services.sqs.operations import moves as moves
from gureum.services.sqs.operations import queues as queues
from gureum.services.sqs.operations import tags as tags
from gureum.services.sqs.service import sqs as sqs
