package torture

// The faults that can be planted: what others have got wrong. The last three are none: they
// make room for what can go wrong.
const (
	ackBeforeCommit     = "ack before commit"
	noUniqueKey         = "no unique key"
	publishBeforeCommit = "publish before commit"
	fetchBeforeListen   = "fetch before subscribe"
	cursorPast          = "cursor past an uncommitted event"
	silentDrop          = "silent drop at a full queue"
	looseFiles          = "files that nobody takes up"
	lateCommits         = "late commits"
	slowReplays         = "slow replays"
	clockJumps          = "a clock that jumps"
)

// faultEdits plant the faults. Each is off until it is named.
var faultEdits = []edit{
	{
		"store/append.go", "\tsafe, err := b.commit(ctx, state.events, state.heads())\n",
		`	if plant.On("` + ackBeforeCommit + `") {
		for _, c := range calls {
			plant.Close(c.done)
		}
	}
	if plant.On("` + publishBeforeCommit + `") {
		for _, c := range state.events {
			s.db.publish(c.result.Event)
		}
	}
	if plant.On("` + ackBeforeCommit + `") || plant.On("` + publishBeforeCommit + `") {
		time.Sleep(20 * time.Millisecond) // until somebody has heard it
	}
	safe, err := b.commit(ctx, state.events, state.heads())
`,
	},
	{"store/append_state.go", "if before, ok := s.known[c.key()]; ok {", `if before, ok := s.known[c.key()]; ok && !plant.On("` + noUniqueKey + `") {`},
	{"store/append_sqlite.go", "int64(e.Actor), c.ClientID, c.Digest[:]", "int64(e.Actor), plant.Client(c.ClientID), c.Digest[:]"},
	{
		"store/append_postgres.go", "e.Conversation, e.Seq, e.Actor, c.ClientID, e.Message.Text\n",
		"e.Conversation, e.Seq, e.Actor, plant.Client(c.ClientID), e.Message.Text\n",
	},
	{
		"store/append_postgres.go", "\tpipeline.Queue(`COMMIT`)",
		"\tif plant.Late() {\n\t\tpipeline.Queue(`SELECT pg_sleep(1.2)`)\n\t}\n\tpipeline.Queue(`COMMIT`)",
	},
	{"store/append.go", "make([]engine, postgresWriters)", "make([]engine, plant.Writers(postgresWriters))"},
	{"store/dialect.go", "c.MaxConns = postgresWriters", "c.MaxConns = int32(plant.Writers(postgresWriters))"},
	{"store/log.go", "AND xid < ` + oldestRunning + `\n\t\t\tORDER BY xid, pos LIMIT $3`", "AND xid < ` + plant.Horizon(oldestRunning) + `\n\t\t\tORDER BY xid, pos LIMIT $3`"},
	{
		"http/socket/stream.go", "\tif r.Reset != \"\" {\n",
		"\tplant.Replay()\n\tif r.Reset != \"\" {\n",
	},
	{"http/server/app.go", "\tnow := time.Now\n", "\tnow := plant.Now\n"},
	{"http/server/app.go", "noticing.New(a.DB, a.bell.Ring, a.timing, a.log, time.Now)", "noticing.New(a.DB, a.bell.Ring, a.timing, a.log, plant.Now)"},
	{"http/socket/stream.go", "\tbuffer  []bus.Message\n}", "\tbuffer  []bus.Message\n\tmissed  chat.Seq\n}"},
	{
		"http/socket/stream.go", "\tcase s.waiting:\n",
		"\tcase s.waiting && plant.On(\"" + fetchBeforeListen + "\"):\n\t\ts.missed = max(s.missed, m.Seq)\n\tcase s.waiting:\n",
	},
	{"http/socket/stream.go", "\ts.last = max(s.last, last)\n", "\ts.last = max(s.last, last, s.missed)\n"},
	{
		"store/append_attach.go", "\tif err := b.writeSet(ctx, sqliteTake, taken); err != nil {\n",
		"\tif plant.On(\"" + looseFiles + "\") {\n\t\treturn nil\n\t}\n\tif err := b.writeSet(ctx, sqliteTake, taken); err != nil {\n",
	},
	{
		"http/socket/conn.go", "\tif c.queue.Push(frame) != nil {\n\t\tc.tooSlow()\n",
		"\tif c.queue.Push(frame) != nil {\n\t\tif plant.On(\"" + silentDrop + "\") {\n\t\t\treturn true\n\t\t}\n\t\tc.tooSlow()\n",
	},
}
