# Ideal points by MCMCpack's Gibbs sampler, the same model as fissure.IdealPoints.
#
#   Rscript make_mcmcpack.R votes.csv[.gz] members.csv top_actor out.csv
#
# votes.csv has actor, item, vote (1 yea, 0 nay); members.csv has actor, name; top_actor is the
# actor held above 0 (the one at the upper end in an earlier run: A0081 for s109 and A0082 for sen90
# below). Unanimous items are left out. Precision AB0 = 0.04 is an item variance of 25.
# norm_mean and norm_sd are those of each draw scaled to mean 0 and sd 1 over the actors.
#
# MCMCpack_s109.csv   109th US Senate, s109 of pscl 1.5.5 (fissure.load("senate-109"))
# MCMCpack_sen90.csv  90th US Senate, sen90 of wnominate 1.4
# both made on 2026-11-23 with R 4.2.2 and MCMCpack 1.6-3
library(MCMCpack)
args <- commandArgs(TRUE)
v <- read.csv(args[1]); m <- read.csv(args[2]); top <- args[3]
Y <- matrix(NA, nrow(m), length(unique(v$item)))
rownames(Y) <- m$actor; colnames(Y) <- sort(unique(v$item))
Y[cbind(match(v$actor, m$actor), match(v$item, colnames(Y)))] <- v$vote
share <- colMeans(Y, na.rm = TRUE); Y <- Y[, share > 0 & share < 1]
set.seed(1)
dr <- MCMCirt1d(Y, theta.constraints = setNames(list("+"), top), burnin = 12000, mcmc = 48000,
                thin = 30, T0 = 1, AB0 = 0.04, store.item = FALSE, store.ability = TRUE,
                drop.constant.items = FALSE, seed = 1)
x <- as.matrix(dr); z <- (x - rowMeans(x)) / apply(x, 1, sd)
write.csv(data.frame(actor = m$actor, name = m$name, mean = colMeans(x), sd = apply(x, 2, sd),
                     norm_mean = colMeans(z), norm_sd = apply(z, 2, sd)),
          args[4], row.names = FALSE)
cat(R.version.string, as.character(packageVersion("MCMCpack")), "\n")
