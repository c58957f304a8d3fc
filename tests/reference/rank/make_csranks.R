# Rank confidence sets of csranks for the mathematics scores of 37 countries in PISA 2018, the worked example of
# Mogstad, Romano, Shaikh and Wilhelm (2024), doi:10.1093/restud/rdad006, and of csranks' page "Inference for Ranks".
# Run: Rscript make_csranks.R   (reads and writes csranks_pisa.csv: country, score, error, then the sets)
#
# Made on 2026-11-25 with R 4.2.2 and MASS 7.3-58.2. The package could not be installed there, so the two functions
# of its published source that this script calls were typed in (danielwilhelm/R-CS-ranks: R/ranks.R at 03c8d612,
# R/diffmeans.R at 1c467e14; two-sided, stepdown). They repeat what that page prints for the United Kingdom, 8 to 23,
# and says of Germany, Korea, Chile, Mexico and Colombia.

library(csranks)
table <- read.csv("csranks_pisa.csv")[c("country", "score", "error")]
sigma <- diag(table$error^2)
sets <- function(...) csranks(table$score, sigma, R = 20000, seed = 101, ...)
plain <- sets()
single <- sets(stepdown = FALSE)
at75 <- sets(coverage = 0.75)
alone <- sets(simul = FALSE)
table <- cbind(table,
               low = plain$L, high = plain$U, low_single = single$L, high_single = single$U,
               low_75 = at75$L, high_75 = at75$U, low_marginal = alone$L, high_marginal = alone$U)
write.csv(table, "csranks_pisa.csv", row.names = FALSE, quote = FALSE)
