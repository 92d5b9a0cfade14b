/** Style sheets are imported for their effect: the bundler gathers them in the one CSS file beside the script. */
declare module '*.css';
