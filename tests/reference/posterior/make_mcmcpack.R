# Posterior draws by MCMCpack's Gibbs sampler, the same model as fissure.IdealPoints().sample().
#
#   Rscript make_mcmcpack.R votes.csv[.gz] members.csv out.csv
#
# votes.csv has actor, item, vote (1 yea, 0 nay); members.csv has actor. Unanimous items are kept.
# Precision AB0 = 0.04 is an item variance of 25. Each draw is scaled to mean 0 and sd 1 over the
# actors and its sign is that of the first draw; ess is coda's effectiveSize of these.
#
# MCMCpack_s109.csv  109th US Senate, s109 of pscl 1.5.5 (fissure.load("senate-109")), made on
# 2026-11-25 with R 4.2.2, MCMCpack 1.6-3, coda 0.19-4.1
suppressMessages({library(MCMCpack); library(coda)})
args <- commandArgs(TRUE)
v <- read.csv(args[1]); m <- read.csv(args[2])
Y <- matrix(NA, nrow(m), length(unique(v$item)))
rownames(Y) <- m$actor; colnames(Y) <- sort(unique(v$item))
Y[cbind(match(v$actor, m$actor), match(v$item, colnames(Y)))] <- v$vote
dr <- MCMCirt1d(Y, burnin = 10000, mcmc = 60000, thin = 20, T0 = 1, AB0 = 0.04, seed = 2,
                store.item = FALSE, store.ability = TRUE, drop.constant.items = FALSE)
x <- as.matrix(dr); z <- (x - rowMeans(x)) / apply(x, 1, sd)
z <- z * sign(drop(z %*% z[1, ]))
q <- apply(z, 2, quantile, c(.025, .975))
write.csv(data.frame(actor = m$actor, mean = colMeans(z), sd = apply(z, 2, sd), low = q[1, ],
                     high = q[2, ], ess = effectiveSize(mcmc(z))), args[3], row.names = FALSE)
cat(R.version.string, as.character(packageVersion("MCMCpack")), as.character(packageVersion("coda")), proc.time()[1], "\n")
