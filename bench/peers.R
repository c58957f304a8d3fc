# CPU seconds of pscl's ideal and MCMCpack's MCMCirt1d, 10,000 iterations each as their users run them.
# Rscript peers.R votes.csv   (actors x items: 1, 0, NA; no header)
y <- as.matrix(read.csv(commandArgs(TRUE)[1], header = FALSE))
rownames(y) <- paste0("A", seq_len(nrow(y)))
colnames(y) <- paste0("I", seq_len(ncol(y)))
clock <- function(name, run) {
  time <- system.time(invisible(capture.output(suppressWarnings(run()))))
  cat("peer", name, sum(time[c("user.self", "sys.self")]), sep = "\t")
  cat("\n")
}
if (suppressWarnings(suppressMessages(require(pscl, quietly = TRUE)))) {
  rc <- rollcall(y, yea = 1, nay = 0, missing = NA)
  clock(paste("pscl", packageVersion("pscl"), "ideal, 10,000 iterations"), function()
    ideal(rc, maxiter = 10000, burnin = 2000, thin = 10, normalize = TRUE, store.item = TRUE))
}
if (suppressWarnings(suppressMessages(require(MCMCpack, quietly = TRUE)))) {
  clock(paste("MCMCpack", packageVersion("MCMCpack"), "MCMCirt1d, 10,000 iterations"), function()
    MCMCirt1d(y, theta.constraints = list(A2 = "+"), burnin = 2000, mcmc = 8000, thin = 10,
              T0 = 1, AB0 = 0.04, seed = 1))
}
