package cluster

import (
	"context"
	"errors"
	"fmt"
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

// Consumer reads events from the cluster as somebody would who must not miss any: a durable consumer that acknowledges each.
type Consumer struct {
	conn    *nats.Conn
	running jetstream.ConsumeContext
}

// Consume puts all events into ledger from now on. The stream is there once a client has connected over MQTT.
func Consume(ctx context.Context, nodes Nodes, ledger *Ledger) (*Consumer, error) {
	var addresses string
	for _, n := range nodes {
		addresses += n.Clients + ","
	}
	conn, err := nats.Connect(addresses, nats.MaxReconnects(-1), nats.ReconnectWait(200*time.Millisecond), nats.RetryOnFailedConnect(true))
	if err != nil {
		return nil, err
	}
	c := &Consumer{conn: conn}
	if err := c.start(ctx, ledger); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *Consumer) start(ctx context.Context, ledger *Ledger) error {
	js, err := jetstream.New(c.conn)
	if err != nil {
		return err
	}
	var consumer jetstream.Consumer
	for {
		consumer, err = js.CreateOrUpdateConsumer(ctx, messagesStream, jetstream.ConsumerConfig{
			Durable: "events", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second, MaxAckPending: 10_000,
			FilterSubjects: []string{messagesSubject + "inceptiond.*.event", messagesSubject + "inceptiond.*.*.event"},
		})
		if err == nil {
			break
		}
		if wait := sleep(ctx, 500*time.Millisecond); wait != nil {
			return errors.Join(err, wait)
		}
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

// Close ends it.
func (c *Consumer) Close() {
	c.running.Stop()
	c.conn.Close()
}
