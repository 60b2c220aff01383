package decide

import (
	"strconv"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// Vote is what one answer says.
type Vote struct {
	Label       string // the candidate that it is for; empty: none
	Score       Score  // of Label; 0 without one
	Best        string // the candidate with the highest score; of equal ones the first; empty: there are no candidates
	BestScore   Score
	Second      string // the next; empty: there is none
	SecondScore Score

	Count   int  // of the last answers, so many are for the same, this one included; 0 after Interrupt
	Need    int  // so many must be
	Window  int  // how many of the last answers count
	Pending bool // it is for something else than what is decided

	scene    bool    // it is a Watch's
	distance float64 // then: how different the frame is
	where    string  // and where, for people

	why    outcome
	enter  Score // of Best
	margin Score // that is wanted
	wait   wait
}

// outcome says how a vote came about.
type outcome int

const (
	noCandidate outcome = iota // there is nothing to vote for
	wins                       // the best candidate
	holds                      // what is decided is still good enough
	isIgnored                  // the best may not be decided
	tooLow                     // the best has not the score
	tooClose                   // the best has not the lead
)

// wait is what keeps a vote from being decided.
type wait struct {
	kind     waitKind
	so, full time.Duration // dwells: how long so far, of how long; cools: how long still
}

type waitKind int

const (
	ready  waitKind = iota // nothing but votes
	dwells                 // what is decided has to stay a while
	cools                  // what was left has to wait a while
)

// sum finds the score of every candidate. What is unknown is no class at all, however sure the model may be.
func (d *Decider) sum(f *task.Findings) {
	clear(d.scores)
	if f.Unknown && d.unknown != none {
		d.scores[d.unknown] = one
		return
	}
	classes := f.Classes
	for i, score := range classes[:min(len(classes), len(d.of))] {
		s := &d.scores[d.of[i]]
		*s = min(*s+toScore(score), one)
	}
}

// best are the candidates with the two highest scores; of equal ones the lower index counts.
func (d *Decider) best() (best, second int) {
	best, second = none, none
	for i, s := range d.scores {
		switch {
		case best == none || s > d.scores[best]:
			best, second = i, best
		case second == none || s > d.scores[second]:
			second = i
		}
	}
	return best, second
}

// elect is the vote of the answer f, whose scores there are, and the candidate that it is for. One that scores no classes is for none.
func (d *Decider) elect(f *task.Findings) (Vote, int) {
	best, second := d.best()
	if len(f.Classes) == 0 && !f.Unknown {
		best, second = none, none
	}
	v := Vote{Best: d.name(best), BestScore: d.score(best), Second: d.name(second), SecondScore: d.score(second), margin: d.margin}
	if best == none {
		return v, none
	}
	v.enter = d.candidates[best].enter
	switch {
	case d.candidates[best].ignored:
		v.why = isIgnored
	case v.BestScore < v.enter:
		v.why = tooLow
	case v.lead() < d.margin:
		v.why = tooClose
	default:
		v.why = wins
		v.Label, v.Score = v.Best, v.BestScore
		return v, best
	}
	if c := d.current; c != none && d.scores[c] >= d.candidates[c].leave {
		v.why = holds
		v.Label, v.Score = d.name(c), d.scores[c]
		return v, c
	}
	return v, none
}

// Unsure tells whether the best candidate has not the score that it takes, or not the lead.
func (v *Vote) Unsure() bool {
	return v.why != noCandidate && (v.BestScore < v.enter || v.lead() < v.margin)
}

// lead is how far the best is ahead of the second.
func (v *Vote) lead() Score { return v.BestScore - v.SecondScore }

// score is that of a candidate, 0 of none.
func (d *Decider) score(i int) Score {
	if i == none {
		return 0
	}
	return d.scores[i]
}

// AppendReason appends to dst why d is what it is, and why it is not what the last answer is for. It allocates nothing
// beyond room in dst.
func (d *Decision) AppendReason(dst []byte) []byte {
	if d.Vote.Count == 0 { // no answer has voted since
		return append(dst, d.interrupt...)
	}
	return d.Vote.appendReason(dst)
}

// appendReason appends how v came about and what it waits for.
func (v *Vote) appendReason(dst []byte) []byte {
	if v.Label == "" {
		dst = append(dst, "none"...)
	} else {
		dst = append(dst, v.Label...)
	}
	return v.wait.appendTo(v.appendScores(appendVotes(dst, v.Count, v.Window)))
}

// appendVotes appends " 4 of 5".
func appendVotes(dst []byte, votes, window int) []byte {
	dst = strconv.AppendInt(append(dst, ' '), int64(votes), 10)
	return strconv.AppendInt(append(dst, " of "...), int64(window), 10)
}

// appendScores appends how the scores made the vote.
func (v *Vote) appendScores(dst []byte) []byte {
	if v.scene {
		return v.appendDistance(dst)
	}
	switch v.why {
	case wins:
		dst = v.Score.appendTo(append(dst, ", score "...))
		return v.lead().appendTo(append(dst, ", margin "...))
	case holds:
		dst = v.Score.appendTo(append(dst, ", score "...))
		return append(dst, " holds"...)
	case noCandidate:
		return dst
	}
	dst = append(append(dst, ", "...), v.Best...)
	if v.why == isIgnored {
		return append(dst, " is ignored"...)
	}
	dst = v.BestScore.appendTo(append(dst, ' '))
	if v.why == tooLow {
		return v.enter.appendTo(append(dst, " below "...))
	}
	dst = v.lead().appendTo(append(dst, ", margin "...))
	return v.margin.appendTo(append(dst, " below "...))
}

// appendTo appends what w says, if anything.
func (w *wait) appendTo(dst []byte) []byte {
	switch w.kind {
	case dwells:
		dst = appendTime(append(dst, ", dwell "...), w.so)
		return appendTime(append(dst, " of "...), w.full)
	case cools:
		return append(appendTime(append(dst, ", cooldown "...), w.so), " left"...)
	}
	return dst
}
