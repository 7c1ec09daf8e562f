package web

import (
	_ "embed"
	"strings"
)

// zonesText names the time zones of the IANA database that are somewhere's, a line each.
//
//go:embed zones.txt
var zonesText string

// zones are the time zones that forms suggest; others of the database are taken, too.
var zones = strings.Fields(zonesText)
