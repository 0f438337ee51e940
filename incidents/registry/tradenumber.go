package registry

import (
	"strconv"
	"strings"

	"datalek/incidents/fault"
)

// TradeNumber cuts a number of a trade register down to its digits: people write it
// with dots, spaces and the country's letters.
func TradeNumber(typed string) string {
	return strings.NewReplacer(".", "", " ", "", "-", "", "BE", "", "be", "").Replace(strings.TrimSpace(typed))
}

// checkTradeNumber adds a fault for a number that cannot be one: eight digits in the
// Dutch register (KvK), ten with a check in the Belgian one (KBO/BCE).
func checkTradeNumber(faults *fault.List, field string, a Authority, number string) {
	switch {
	case number == "":
	case a == GBA && !belgianNumber(number):
		faults.Add(field, "error.kbo_number", "give the ten digits of the KBO number, such as 0123.456.749")
	case a != GBA && (len(number) != 8 || !allDigits(number)):
		faults.Add(field, "error.kvk_number", "give the eight digits of the KvK number, such as 12345678")
	}
}

// belgianNumber tests the check digits: 97 less the rest of the first eight by 97.
func belgianNumber(number string) bool {
	if len(number) != 10 || !allDigits(number) || number[0] > '1' {
		return false
	}
	first, _ := strconv.Atoi(number[:8]) // digits, as was tested
	check, _ := strconv.Atoi(number[8:])
	return 97-first%97 == check
}

func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }
