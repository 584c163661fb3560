// The AWS SDK for JavaScript v3, told where the cloud is by environment variables only.
// Prints what it saw as one JSON object; an assertion of the SDK's own (digests of messages) ends it with an error.
"use strict";

const sqs = require("@aws-sdk/client-sqs");
const sts = require("@aws-sdk/client-sts");

async function refused(work) {
  try {
    await work();
    return null;
  } catch (error) {
    return { name: error.name, status: error.$metadata?.httpStatusCode, known: error instanceof sqs.QueueDoesNotExist };
  }
}

async function main(name) {
  const client = new sqs.SQSClient({});
  const send = (command) => client.send(command);
  const identity = await new sts.STSClient({}).send(new sts.GetCallerIdentityCommand({}));

  const { QueueUrl } = await send(new sqs.CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: "5" } }));
  const attributes = {
    text: { DataType: "String", StringValue: "구름" },
    data: { DataType: "Binary", BinaryValue: new Uint8Array([0, 1, 255]) },
  };
  const waiting = send(
    new sqs.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }),
  );
  await send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "one", MessageAttributes: attributes }));
  const [message] = (await waiting).Messages;
  await send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));

  const fifo = await send(
    new sqs.CreateQueueCommand({ QueueName: `${name}.fifo`, Attributes: { FifoQueue: "true" } }),
  );
  const entry = (number) => ({
    Id: `e${number}`,
    MessageBody: `body-${number}`,
    MessageGroupId: "g",
    MessageDeduplicationId: `d${number % 3}`,
  });
  const batch = await send(
    new sqs.SendMessageBatchCommand({ QueueUrl: fifo.QueueUrl, Entries: [0, 1, 2, 3].map(entry) }),
  );
  const ordered = await send(
    new sqs.ReceiveMessageCommand({ QueueUrl: fifo.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
  );
  await send(new sqs.DeleteQueueCommand({ QueueUrl }));

  return {
    account: identity.Account,
    body: message.Body,
    text: message.MessageAttributes.text.StringValue,
    data: [...message.MessageAttributes.data.BinaryValue],
    batch: batch.Successful.length,
    ordered: ordered.Messages.map((one) => one.Body),
    gone: await refused(() => send(new sqs.GetQueueUrlCommand({ QueueName: name }))),
    wrong: await refused(() => send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "" }))),
  };
}

main(process.argv[2]).then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
