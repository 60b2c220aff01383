package mqtt

import "time"

// A cluster may acknowledge a message that it was to retain and could not: NATS does if the stream of what is retained has no leader
// for five seconds (mqttHandlePubRetain in its server/mqtt.go, 2.15: it logs that, and goes on). MQTT 3.1.1 has no word for it, but such
// an acknowledgement is late. So what was acknowledged late is sent once more after a while, unless there is something newer.

// noteLate notes that a retained message was acknowledged, if that was late.
func (k *connection) noteLate(f flight) {
	if !f.retained || time.Since(f.sent) < k.client.pace.late {
		return
	}
	k.late = append(k.late, f.topic)
	if k.repeat == nil {
		k.repeat = time.After(jitter(k.client.pace.repeat))
	}
}

// repeatLate has the newest of what was acknowledged late be sent once more.
func (k *connection) repeatLate() {
	k.client.out.repeat(k.late)
	k.late, k.repeat = nil, nil
}

// repeat has what is retained on topics be sent once more on this connection.
func (b *outbox) repeat(topics []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range topics {
		if r := b.retained[topic]; r != nil {
			r.due = true
		} else if topic == b.prefix+"/status" {
			b.again = b.connected
		}
	}
	b.signal()
}
