package control_test

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/daemon/control"
)

// refuser is a daemon whose config file is wrong.
type refuser struct{}

func (refuser) Do(_ context.Context, c control.Command) (control.Outcome, error) {
	if c.Kind != control.Reload {
		return control.Outcome{}, fmt.Errorf("command %q is unknown", c.Kind)
	}
	return control.Outcome{Refused: []string{"inceptiond.yaml:12: cameras.drive.top_k: 0 is out of range (want 1 to 100)"}}, nil
}

// Whoever may command a daemon gives a command and hears what became of it.
func ExampleController() {
	var daemon control.Controller = refuser{}
	outcome, err := daemon.Do(context.Background(), control.Command{Kind: control.Reload})
	switch {
	case err != nil:
		fmt.Println("not carried out:", err)
	case len(outcome.Refused) > 0:
		fmt.Println("refused:", outcome.Refused[0])
	default:
		fmt.Println("done")
	}
	// Output: refused: inceptiond.yaml:12: cameras.drive.top_k: 0 is out of range (want 1 to 100)
}
