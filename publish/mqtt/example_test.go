package mqtt_test

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// A client publishes its camera's status, and hears what others say to it.
func Example() {
	b, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		panic(err)
	}
	defer b.Close()

	heard := make(chan mqtt.Incoming, 1)
	gate, err := mqtt.Open(mqtt.Options{
		Brokers: []mqtt.Address{{URL: "mqtt://" + b.Addr()}}, Device: "gate-pi",
		Subscribe: []mqtt.Subscription{{
			Filter: "+/status", QoS: 1, // below inceptiond/gate-pi: our own, for once
			Handle: func(_ context.Context, in mqtt.Incoming) { heard <- in },
		}},
	}, zap.NewNop())
	if err != nil {
		panic(err)
	}
	defer gate.Close()
	err = gate.Publish(context.Background(), publish.CameraStatus{
		Device: "gate-pi", Camera: "drive", State: publish.CameraOnline, Time: time.Date(2026, 3, 14, 15, 26, 53, 0, time.UTC),
	})
	if err != nil {
		panic(err)
	}
	in := <-heard
	fmt.Println(in.Topic, string(in.Payload))
	// Output: drive/status {"schema":1,"device":"gate-pi","camera":"drive","state":"online","time":"2026-03-14T15:26:53.000Z"}
}
