package service

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/daemon/plan"
)

// A logger that parts hold already follows a change of the config.
func TestLoggingChangesInUse(t *testing.T) {
	var out bytes.Buffer
	log, logging, err := newLogger(&out, plan.Log{Level: "info", Format: "auto"})
	if err != nil {
		t.Fatal(err)
	}
	part := limitRepeats(log.Named("part").With(zap.String("camera", "front")))
	for _, test := range []struct {
		config      plan.Log
		lines       int
		isJSON      bool
		description string
	}{
		{plan.Log{Level: "info", Format: "auto"}, 1, false, "not the journal: for people"},
		{plan.Log{Level: "debug", Format: "json"}, 2, true, "everything, for programs"},
		{plan.Log{Level: "error", Format: "console"}, 0, false, "errors only"},
	} {
		if err := logging.set(test.config); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		part.Info("an info " + test.description)
		part.Debug("a debug " + test.description)
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if strings.Count(out.String(), "\n") != test.lines || test.lines > 0 && json.Valid([]byte(lines[0])) != test.isJSON {
			t.Errorf("%+v: %q", test.config, out.String())
		}
	}
	if err := logging.set(plan.Log{Level: "loud"}); err == nil {
		t.Error("a level that does not exist is accepted")
	}
}
