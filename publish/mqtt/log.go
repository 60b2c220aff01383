package mqtt

import (
	"fmt"
	"strings"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/zap"
)

// bridged guards paho's package-level loggers, the only state of this package that is not a Client's.
var bridged sync.Once

// BridgeLogs sends what paho reports to log, at debug level: what matters of it the clients say themselves. paho has
// one set of loggers for all clients and reads it without a lock, so call this once, before the first Open; later calls
// do nothing.
func BridgeLogs(log *zap.Logger) {
	bridged.Do(func() {
		paho.CRITICAL = pahoLogger{log, "critical"}
		paho.ERROR = pahoLogger{log, "error"}
		paho.WARN = pahoLogger{log, "warning"}
	})
}

// pahoLogger is a paho.Logger.
type pahoLogger struct {
	log   *zap.Logger
	level string // paho's
}

func (l pahoLogger) Println(v ...any) {
	l.log.Debug(strings.TrimSpace(fmt.Sprintln(v...)), zap.String("paho", l.level))
}

func (l pahoLogger) Printf(format string, v ...any) {
	l.log.Debug(strings.TrimSpace(fmt.Sprintf(format, v...)), zap.String("paho", l.level))
}
