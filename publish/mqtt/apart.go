package mqtt

import (
	"context"
	"crypto/rand"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

// Apart looks whether the addresses of o are of one broker: what is published at the first of them is to come to all. It returns
// those where it does not within a few seconds; those that cannot be reached are not among them. The message is as a probe's, and
// so are the client ids. The error is about o, as Open's.
func Apart(ctx context.Context, o Options) (from Address, apart []Address, err error) {
	return runApart(ctx, o, defaultPace)
}

func runApart(ctx context.Context, o Options, pace pace) (from Address, apart []Address, err error) {
	o, nodes, err := o.checked()
	if err != nil {
		return from, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pace.connect)
	defer cancel() // cuts the connections
	id := rand.Text()[:8]
	o.ClientID += "-doctor-" + id
	topic := o.Prefix + "/doctor/" + id
	ears := make([]*ear, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { ears[i] = listenAt(ctx, o, n, pace, topic) })
	}
	all.Wait()
	first, hearing := true, ctx
	for i, e := range ears {
		switch {
		case e == nil:
		case first:
			first, from = false, nodes[i].Address
			if err := wait(ctx, e.conn.Publish(topic, 1, false, id)); err != nil {
				return from, nil, nil // a probe says why
			}
			var enough context.CancelFunc
			hearing, enough = context.WithTimeout(ctx, pace.sweep)
			defer enough()
		default:
			select {
			case <-e.heard:
			case <-hearing.Done():
				apart = append(apart, nodes[i].Address)
			}
		}
	}
	for _, e := range ears {
		if e != nil {
			e.conn.Disconnect(0)
		}
	}
	return from, apart, nil
}

// ear is a connection to a node that waits for a message.
type ear struct {
	conn  paho.Client
	heard chan struct{} // closed, once, when it has come
}

// listenAt returns nil if there is no connection, or nothing may be heard there.
func listenAt(ctx context.Context, o Options, n *node, pace pace, topic string) *ear {
	c := newClient(o, []*node{n}, pace, zap.NewNop())
	po, err := c.pahoOptions(ctx)
	if err != nil {
		return nil
	}
	po.WillEnabled, po.WillQos, po.WillRetained = false, 0, false
	po.SetClientID(o.ClientID + "-" + rand.Text()[:4])
	e := &ear{conn: paho.NewClient(po), heard: make(chan struct{})}
	if wait(ctx, e.conn.Connect()) != nil {
		return nil
	}
	var once sync.Once
	token := e.conn.Subscribe(topic, 1, func(paho.Client, paho.Message) { once.Do(func() { close(e.heard) }) })
	if wait(ctx, token) != nil || token.(*paho.SubscribeToken).Result()[topic] == subscribeRefused {
		e.conn.Disconnect(0)
		return nil
	}
	return e
}
