package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/internal/backoff"
)

// A device that opens at the third attempt.
func Example() {
	attempts := 0
	open := func() error {
		if attempts++; attempts < 3 {
			return errors.New("no such device")
		}
		return nil
	}
	retry := backoff.Backoff{Min: time.Millisecond, Max: 4 * time.Millisecond}
	for {
		err := open()
		if err == nil {
			break
		}
		if backoff.Sleep(context.Background(), retry.Pause()) != nil {
			return // the context has ended
		}
	}
	retry.Reset() // should it be lost once more, the first pause is short again
	fmt.Println("open after", attempts, "attempts")
	// Output: open after 3 attempts
}
