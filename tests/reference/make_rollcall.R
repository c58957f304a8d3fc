# Writes the small R files that tests/test_rollcall.py reads. Run in this folder: Rscript make_rollcall.R
# Made on 2026-11-23 with R 4.2.2 and pscl 1.5.5 (Debian).
suppressMessages(library(pscl))
votes <- matrix(c(1, 6, 9, 0, 2, 4, 7, 1), nrow = 4)
rc <- rollcall(
  votes,
  yea = c(1, 2, 3), nay = c(4, 5, 6), missing = c(7, 8, 9), notInLegis = 0,
  legis.names = c("ADAMS (D ME)", "BAKER (R TN)", "CLAY (W KY)", "DODD (D CT)"),
  legis.data = data.frame(
    state = factor(c("ME", "TN", "KY", "CT")), party = factor(c("D", "R", "W", "D")),
    partyCode = c(100, 200, 29, 100)
  ),
  vote.data = data.frame(
    date = as.Date(c("2001-03-01", NA)), description = c("To adjourn", "Über alles")
  ),
  vote.names = c("v1", "v2"), desc = "Four members", source = "made for a test"
)
save(rc, file = "rollcall.rda")
saveRDS(rc, "rollcall.rds")
plain <- rollcall(matrix(c(1, 0, NA, 1), nrow = 2), desc = "no names")
saveRDS(plain, "rollcall_plain.rds")
long <- data.frame(member = factor(c("a", "b")), bill = c(1L, 1L), vote = c("yes", NA))
other <- 1:3
save(long, other, file = "frame.rda")
save(rc, long, file = "two.rda")
saveRDS(1:3, "numbers.rds")
cat(R.version.string, "pscl", as.character(packageVersion("pscl")), "\n")
