package lines_test

import (
	"context"
	"os"
	"time"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/lines"
)

func ExampleWriter() {
	w := lines.New(os.Stdout, lines.Options{JSON: true})
	lost := publish.CameraStatus{
		Device: "gate-pi", Camera: "drive", State: publish.CameraLost, Reason: "no frame for 5s",
		Time: time.Date(2026, 3, 14, 15, 26, 53, 0, time.UTC),
	}
	for _, m := range []publish.Message{lost, publish.State{Camera: "drive"}} { // states are not shown
		if err := w.Publish(context.Background(), m); err != nil {
			panic(err)
		}
	}
	w.Close()
	// Output: {"schema":1,"device":"gate-pi","camera":"drive","state":"lost","reason":"no frame for 5s","time":"2026-03-14T15:26:53.000Z"}
}
