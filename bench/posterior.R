# Draws of pscl's ideal and MCMCpack's MCMCirt1d, 10,000 iterations each as their users run them, with CPU seconds and
# coda's effective sample sizes; and the latter for draws of ours, one file a chain, with the law learned and held.
# Rscript posterior.R votes.csv folder   (votes: actors x items, 1, 0, NA, no header; folder: learned*.csv, held*.csv, one row a draw)
suppressWarnings(suppressMessages(library(coda)))
args <- commandArgs(TRUE)
y <- as.matrix(read.csv(args[1], header = FALSE))
rownames(y) <- paste0("A", seq_len(nrow(y)))
colnames(y) <- paste0("I", seq_len(ncol(y)))
say <- function(name, seconds, z) {
  e <- effectiveSize(mcmc(z))
  cat("peer", name, seconds, min(e), median(e), sep = "\t"); cat("\n")
  write.table(z, file.path(args[2], paste0("peer_", strsplit(name, " ")[[1]][1], ".csv")), sep = ",",
              row.names = FALSE, col.names = FALSE)
}
scaled <- function(x) (x - rowMeans(x)) / apply(x, 1, sd)
for (kind in c("learned", "held")) {
  ours <- Reduce(`+`, lapply(Sys.glob(file.path(args[2], paste0(kind, "*.csv"))), function(f)
    effectiveSize(mcmc(as.matrix(read.csv(f, header = FALSE))))))
  cat("ours", kind, min(ours), sep = "\t"); cat("\n")
}
clock <- function(run) {
  time <- system.time(invisible(capture.output(out <- suppressWarnings(run()))))
  list(sum(time[c("user.self", "sys.self")]), out)
}
if (suppressWarnings(suppressMessages(require(MCMCpack, quietly = TRUE)))) {
  r <- clock(function() MCMCirt1d(y, theta.constraints = list(A2 = "+"), burnin = 2000, mcmc = 8000, thin = 10, T0 = 1,
                                  AB0 = 0.04, seed = 1))
  say(paste("MCMCpack", packageVersion("MCMCpack")), r[[1]], scaled(as.matrix(r[[2]])))
}
if (suppressWarnings(suppressMessages(require(pscl, quietly = TRUE)))) {
  rc <- rollcall(y, yea = 1, nay = 0, missing = NA)
  set.seed(1)
  r <- clock(function() ideal(rc, maxiter = 10000, burnin = 2000, thin = 10, normalize = FALSE, store.item = TRUE))
  say(paste("pscl", packageVersion("pscl")), r[[1]], scaled(r[[2]]$x[, , 1]))
}
