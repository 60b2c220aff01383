package spool

import "time"

// budget allows n syncs in any minute: half of them may come at once, the others are spread.
type budget struct {
	burst int
	every time.Duration // until another one is earned; 0: no limit
	have  int
	since time.Duration // when the last one was earned, or when it was last full
}

func newBudget(perMinute int) budget {
	if perMinute == 0 {
		return budget{}
	}
	spread := (perMinute + 1) / 2
	burst := max(perMinute-spread, 1)
	return budget{burst: burst, have: burst, every: time.Minute / time.Duration(spread)}
}

// next is when the next sync is allowed.
func (b *budget) next(now time.Duration) time.Duration {
	b.earn(now)
	if b.every == 0 || b.have > 0 {
		return now
	}
	return b.since + b.every
}

// spend notes a sync.
func (b *budget) spend(now time.Duration) {
	b.earn(now)
	b.have = max(b.have-1, 0)
}

func (b *budget) earn(now time.Duration) {
	if b.every == 0 {
		return
	}
	n := int((now - b.since) / b.every)
	b.have, b.since = b.have+n, b.since+time.Duration(n)*b.every
	if b.have >= b.burst {
		b.have, b.since = b.burst, now
	}
}
