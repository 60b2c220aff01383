package publishtest_test

import (
	"testing"

	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/publishtest"
)

func TestRecorderConforms(t *testing.T) {
	publishtest.Publisher(t, publishtest.All, func(*testing.T) (publish.Publisher, func() string) {
		rec := new(publishtest.Recorder)
		return rec, rec.Text
	})
}
