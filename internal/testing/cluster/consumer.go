package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// messagesStream is where NATS keeps what came over MQTT with QoS 1, as long as a consumer wants it; its subjects are those of NATS
// with messagesSubject before them.
const (
	messagesStream  = "$MQTT_msgs"
	messagesSubject = "$MQTT.msgs."
)

// retainedStream is where NATS keeps what is retained, the newest of each topic.
const (
	retainedStream  = "$MQTT_rmsgs"
	retainedSubject = "$MQTT.rmsgs."
)

// Keep has the cluster keep what comes over MQTT for an hour, whether somebody has read it or not, before the first client connects:
// else NATS makes a stream that keeps what a consumer waits for, and a server that has just come back may not know of any.
func (c *Consumer) keep(ctx context.Context) error {
	return again(ctx, func(ctx context.Context) error {
		_, err := c.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: messagesStream, Subjects: []string{messagesSubject + ">"}, Storage: jetstream.FileStorage, Replicas: 3,
			Retention: jetstream.LimitsPolicy, MaxAge: time.Hour,
		})
		return err
	})
}

// Consumer reads events from the cluster as somebody would who must not miss any: a durable consumer that acknowledges each.
type Consumer struct {
	conn    *nats.Conn
	js      jetstream.JetStream
	running jetstream.ConsumeContext
}

// Consume puts all events into ledger from now on. The stream is there once a client has connected over MQTT.
func Consume(ctx context.Context, nodes Nodes, ledger *Ledger, keep bool) (*Consumer, error) {
	conn, err := nodes.connect()
	if err != nil {
		return nil, err
	}
	c := &Consumer{conn: conn}
	if err := c.start(ctx, ledger, keep); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Consumer) start(ctx context.Context, ledger *Ledger, keep bool) error {
	var err error
	if c.js, err = jetstream.New(c.conn); err != nil {
		return err
	}
	if keep {
		if err := c.keep(ctx); err != nil {
			return fmt.Errorf("make the stream: %w", err)
		}
	}
	var consumer jetstream.Consumer
	err = again(ctx, func(ctx context.Context) (err error) {
		consumer, err = c.js.CreateOrUpdateConsumer(ctx, messagesStream, jetstream.ConsumerConfig{
			Durable: "events", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second, MaxAckPending: 10_000,
			FilterSubjects: []string{messagesSubject + "inceptiond.*.event", messagesSubject + "inceptiond.*.*.event"},
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("make the consumer: %w", err)
	}
	c.running, err = consumer.Consume(func(m jetstream.Msg) {
		info, err := m.Metadata()
		if err != nil {
			return // it is delivered again
		}
		ledger.Add(info.Sequence.Stream, info.Timestamp, m.Data())
		_ = m.Ack() // or it is delivered again
	}, jetstream.PullMaxMessages(2000), jetstream.PullExpiry(5*time.Second), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return fmt.Errorf("consume: %w", err)
	}
	return nil
}

// Retained is what the cluster retains on topics that match a filter of NATS: inceptiond.*.status. The keys are theirs, with dots.
func (c *Consumer) Retained(ctx context.Context, filter string) (map[string]string, error) {
	consumer, err := c.js.OrderedConsumer(ctx, retainedStream, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{retainedSubject + filter}, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	})
	if err != nil {
		return nil, err
	}
	found := make(map[string]string)
	for left := true; left; {
		batch, err := consumer.Fetch(1000, jetstream.FetchMaxWait(2*time.Second))
		if err != nil {
			return nil, err
		}
		left = false
		for m := range batch.Messages() {
			found[strings.TrimPrefix(m.Subject(), retainedSubject)], left = string(m.Data()), true
		}
		if err := batch.Error(); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// Close ends it.
func (c *Consumer) Close() {
	c.running.Stop()
	c.conn.Close()
}
