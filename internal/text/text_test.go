package text_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/text"
)

func ExamplePlural() {
	fmt.Println(text.Plural(1, "camera"), text.Plural(0, "camera"), text.Plural(2, "camera"))
	// Output: 1 camera 0 cameras 2 cameras
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]float64{0: 0, 1500 * time.Microsecond: 1.5, -time.Second: -1000} {
		if got := text.Milliseconds(d); got != want {
			t.Errorf("%v is %v ms, want %v", d, got, want)
		}
	}
}
