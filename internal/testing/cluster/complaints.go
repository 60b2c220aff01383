package cluster

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// complaints count the warnings of many devices, by their text.
type complaints struct {
	mu    sync.Mutex
	count map[string]int
}

// logger is what counts.
func (c *complaints) logger() *zap.Logger {
	core := zapcore.NewCore(zapcore.NewConsoleEncoder(zapcore.EncoderConfig{}), zapcore.AddSync(io.Discard), zapcore.WarnLevel)
	return zap.New(core, zap.Hooks(func(e zapcore.Entry) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.count == nil {
			c.count = make(map[string]int)
		}
		c.count[e.Message]++
		return nil
	}))
}

// String lists them: 12 times this, 3 times that.
func (c *complaints) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, text := range slices.Sorted(maps.Keys(c.count)) {
		list = append(list, fmt.Sprintf("%d times %q", c.count[text], text))
	}
	return strings.Join(list, ", ")
}
