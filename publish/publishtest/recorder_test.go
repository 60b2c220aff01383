package publishtest_test

import (
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

func TestRecorderConforms(t *testing.T) {
	publishtest.Publisher(t, func(*testing.T) (publish.Publisher, func() string) {
		var rec publishtest.Recorder
		return &rec, func() string {
			var text strings.Builder
			for _, r := range rec.Results() {
				text.Write(r.AppendJSON(nil))
			}
			for _, s := range rec.Statuses() {
				text.Write(s.AppendJSON(nil))
			}
			for _, s := range rec.Engines() {
				text.Write(s.AppendJSON(nil))
			}
			for _, e := range rec.Events() {
				text.Write(e.AppendJSON(nil, publish.Number{}))
			}
			for _, s := range rec.Configs() {
				text.Write(s.AppendJSON(nil))
			}
			return text.String()
		}
	})
}
