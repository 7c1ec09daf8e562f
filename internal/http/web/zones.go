package web

import (
	_ "embed"
	"strings"
)

// zonesText names the time zones that are somewhere's, a line each: those of zone.tab in the IANA
// database, which is in the public domain, and UTC.
//
//go:embed zones.txt
var zonesText string

// zones are the time zones that forms suggest; others of the database are taken, too.
var zones = strings.Fields(zonesText)
